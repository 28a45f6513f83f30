import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Guest } from '../guest.ts'
import { type App, open, temporaryFolder, tool } from '../harness.ts'
import { tellStory } from '../story.ts'

const COOKIE = '__session'
const SECRET = 'of-a-site-that-moves-5tGb8nHj'

tellStory({ ownRefusal: 500, name: 'remix', cookie: COOKIE })

describe('in Remix 2, with sessions in files', () => {
  const folder = temporaryFolder()
  let app: App
  beforeAll(async () => {
    app = await open('remix', { SESSION_FOLDER: folder, SESSION_SECRET: SECRET })
  })
  afterAll(async () => {
    await app?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const guest = () => new Guest((path) => app.url(path))

  test.each(['/trials/parent/child', '/trials/parent/child.data'])(
    'F3: two loaders of one guest change one session, and no more than one cookie leaves (%s)',
    async (path) => {
      const ada = guest()
      await ada.see()
      const response = await ada.ask(path)
      await response.arrayBuffer()
      expect(response.status).toBe(200)
      expect(response.headers.getSetCookie().length).toBeLessThan(2)
      expect(await ada.see()).toMatchObject({ cart: 1, language: 'fr' })
    },
  )

  test('S1: two loaders of a new guest have a session each, as in Remix, and the cookie that comes last counts', async () => {
    const ada = guest()
    const response = await ada.ask('/trials/parent/child')
    await response.arrayBuffer()
    expect(response.headers.getSetCookie().map((line) => line.split('=')[0])).toEqual([COOKIE])
    const { cart, language } = await ada.see()
    expect([cart === 1, language === 'fr'].filter(Boolean)).toHaveLength(1)
  })

  test('a guest whose session Remix itself has made stays signed in, with the cart, and may sign out', async () => {
    const { createFileSessionStorage } = createRequire(import.meta.url)('@remix-run/node') as RemixNode
    const cookie = { name: COOKIE, secrets: [SECRET] }
    const upstream = createFileSessionStorage({ dir: folder, cookie })
    const session = await upstream.getSession()
    session.set('user', 'ada')
    session.set('cart', ['hat', 'coat'])
    session.flash('message', 'Before the move')
    const ada = guest()
    ada.jar.set(`${await upstream.commitSession(session)}; Path=/`, app.url('/'))
    const before = ada.copy()

    expect(await ada.see()).toMatchObject({ user: 'ada', cart: 2, visits: 1, flash: 'Before the move' })
    expect(await ada.send('/cart', { item: 'scarf' })).toMatchObject({ user: 'ada', cart: 3, visits: 2, flash: undefined })
    expect(ada.ticket(COOKIE)).not.toBe(before.ticket(COOKIE))
    expect(await ada.send('/logout')).toMatchObject({ user: 'guest', cart: 0 })
    expect((await before.see()).user, 'the old cookie after the sign-out').toBe('guest')
  })
})

interface RemixNode {
  createFileSessionStorage(options: { dir: string; cookie: { name: string; secrets: readonly string[] } }): {
    getSession(): Promise<{ set(name: string, value: unknown): void; flash(name: string, value: unknown): void }>
    commitSession(session: object): Promise<string>
  }
}

test('the sessions have the types that the routes expect', () => tool('remix', 'tsc -p .'))
