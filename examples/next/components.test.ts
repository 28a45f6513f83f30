import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { get, type IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Visitor, visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { playDevice } from '../device.ts'
import { type App, open, temporaryFolder } from '../harness.ts'
import { sealed } from '../next-sealed.ts'

// Pages with `cacheComponents`: the part that is the same for everybody is made ahead, and the rest is streamed into it.

const folder = temporaryFolder()
let app: App
beforeAll(async () => {
  app = await open('next', { BUILD_FOLDER: '.next-components', COATCHECK_STORE: join(folder, 'sessions.sqlite') })
})
afterAll(async () => {
  await app?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const browser = (): Visitor => visitor(app.origin, { headers: { 'user-agent': 'Mozilla/5.0 Chrome/156.0.0.0' } })
const place = (name: string): string => `/trial/components/${name}`
const shown = async (who: Visitor, name: string) =>
  />([^<]*)<\/p>/.exec((await (await who.get(place(name))).text()).split('id="shown"')[1] ?? '')?.[1]

test('what is streamed into a page that was made ahead is each visitor’s own, a flash is shown once, and a stranger gets nothing', async () => {
  const [ada, eve] = [browser(), browser()]
  for (let at = 0; at < 2; at++) await ada.post(place('add'))
  expect(await shown(ada, 'shown')).toBe('2 Added')
  expect(await shown(ada, 'shown')).toBe('2 no message')
  expect(await shown(eve, 'shown')).toBe('0 no message')
  expect(eve.cookies()).toEqual([])
})

test('F33: `use cache: private` keeps what it read for this visitor alone', async () => {
  const [ada, bob] = [browser(), browser()]
  for (const who of [ada, ada, bob]) await who.post(place('add'))
  expect([await shown(ada, 'private'), await shown(bob, 'private'), await shown(browser(), 'private')]).toEqual(['2', '1', '0'])
  await ada.post(place('add'))
  expect(await shown(ada, 'private')).toBe('3')
})

/** A page that is opened in a browser: `fetch` says of each request that a script made it. */
async function opened(path: string, cookie?: string): Promise<IncomingHttpHeaders> {
  const [response] = await once(get(app.url(path), { headers: { ...(cookie && { cookie }) } }), 'response')
  response.resume()
  return response.headers
}

test('a proxy that does nothing else moves the end of a sealed session that pages only read, and leaves pages as they are', async () => {
  for (const cookie of [undefined, await sealed(0, 1)]) {
    const headers = await opened('/', cookie)
    expect([headers['set-cookie'], headers['cache-control']]).toEqual([undefined, 's-maxage=31536000'])
    expect(headers.vary).not.toMatch(/cookie/i)
  }
  const before = await sealed(6, 1)
  const { 'set-cookie': given = [], 'cache-control': cached } = await opened('/', before)
  const [after = ''] = given.map((line) => line.split(';')[0] ?? '')
  expect([given.length, cached]).toEqual([1, 'no-store'])
  expect(after).toMatch(/^edge=./)
  expect(after).not.toBe(before)
  expect((await opened('/', after))['set-cookie']).toBeUndefined()
})

test('the proxy answers browsers for device-bound sessions; a page made ahead stays public', async () => {
  await playDevice(app.origin, { signIn: (who) => who.post(place('bound')), shows: place('bound') })
  const { headers } = await browser().get('/')
  expect(headers.get('cache-control')).toContain('s-maxage')
})

describe.each([
  ['of the whole page', '2'],
  ['of its shell', '3'],
])('a prefetch %s', (_, kind) => {
  test('F31: F32: takes no flash away, and Next has nothing to say of clocks', async () => {
    const ada = browser()
    await ada.post(place('add'))
    for (const name of ['shown', 'private']) {
      const response = await ada.get(place(name), { headers: { rsc: '1', 'next-router-prefetch': kind } })
      expect([response.status, response.headers.getSetCookie()]).toEqual([200, []])
      const text = await response.text()
      if (kind === '2') expect(text).toContain(name === 'shown' ? '1 Added' : '"shown","children":1')
    }
    expect(await shown(ada, 'shown')).toBe('1 Added')
    expect(app.output()).not.toMatch(/Date|current time|Error/)
  })
})
