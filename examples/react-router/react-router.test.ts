import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Guest } from '../guest.ts'
import { type App, open, temporaryFolder, tool } from '../harness.ts'
import { tellStory } from '../story.ts'

const COOKIE = '__session'

tellStory({ ownRefusal: 400, name: 'react-router', cookie: COOKIE })
tellStory({ ownRefusal: 400, name: 'react-router', cookie: COOKIE, isStored: false })

describe.each([true, false])('in React Router 8 (with a store: %s)', (isStored) => {
  const folder = temporaryFolder()
  let app: App
  beforeAll(async () => {
    app = await open('react-router', isStored ? { COATCHECK_STORE: join(folder, 'sessions.sqlite') } : {})
  })
  afterAll(async () => {
    await app?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const guest = () => new Guest((path) => app.url(path))

  test.each(['/trials/parent/child', '/trials/parent/child.data'])(
    'F3: two loaders of a new guest change one session, and one cookie leaves (%s)',
    async (path) => {
      const ada = guest()
      const response = await ada.ask(path)
      await response.arrayBuffer()
      expect(response.status).toBe(200)
      expect(response.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual([COOKIE])
      expect(await ada.see()).toMatchObject({ cart: 1, language: 'fr' })
    },
  )

  test('F8: a loader that throws changes nothing', async () => {
    const ada = guest()
    await ada.see()
    const response = await ada.ask('/trials/fails')
    await response.arrayBuffer()
    expect(response.status).toBe(500)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await ada.see()).toMatchObject({ visits: 2, user: 'guest' })
  })

  if (isStored) {
    test('no visit is lost of 8 that come at once', async () => {
      const ada = guest()
      await ada.see()
      await Promise.all(Array.from({ length: 8 }, () => ada.copy().see()))
      expect((await ada.see()).visits).toBe(10)
    })
  }

  test('F22: what is changed while the page streams is kept where that can be stored, and else is said to be too late', async () => {
    const ada = guest()
    await ada.see()
    const html = await (await ada.ask('/trials/late')).text()
    expect(html).toContain(isStored ? 'kept' : 'TOO_LATE')
    await expect.poll(async () => (await ada.see()).language).toBe(isStored ? 'de' : 'en')
  })
})

test('the sessions have the types that the routes expect', () => tool('react-router', 'react-router typegen && tsc -p .'))
