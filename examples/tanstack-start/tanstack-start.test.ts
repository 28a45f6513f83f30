import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Visitor, visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { BROWSER } from '../guest.ts'
import { type App, folderOf, open, SECRET, temporaryFolder } from '../harness.ts'
import { tellStory } from '../story.ts'

const COOKIE = 'session'

tellStory({ name: 'tanstack-start', cookie: COOKIE, hasUpdate: true })
tellStory({ name: 'tanstack-start', cookie: COOKIE, isStored: false })

const told = async (response: Promise<Response>): Promise<string> => (await response).text()
const ours = (response: Response): string[] => response.headers.getSetCookie().filter((line) => line.startsWith(`${COOKIE}=`))

describe('in TanStack Start', () => {
  const folder = temporaryFolder()
  let app: App
  let urls: Readonly<Record<string, string>>
  beforeAll(async () => {
    app = await open('tanstack-start', { COATCHECK_STORE: join(folder, 'sessions.sqlite') })
    urls = await (await fetch(app.url('/trials/urls'))).json()
  })
  afterAll(async () => {
    await app?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const somebody = (): Visitor => visitor(app.origin, { follow: false, headers: { 'user-agent': BROWSER } })
  const known = async (): Promise<Visitor> => {
    const ada = somebody()
    await ada.post('/trials/name')
    return ada
  }
  /** Calls a server function as its stub in the browser does. */
  const call = (who: Visitor, name: string): Promise<Response> =>
    who.post(urls[name] ?? '', undefined, { headers: { 'x-tsr-serverfn': 'true', accept: 'application/json' } })
  const keysOf = async (who: Visitor): Promise<string[]> =>
    Object.keys(await (await who.post('/trials/look')).json())
      .filter((key) => key !== 'look')
      .toSorted()

  test('F50: what a server function changed that throws to the browser is not stored, though Start answers 200', async () => {
    const ada = await known()
    const answer = await call(ada, 'boom')
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('boom')])
    expect(await keysOf(ada)).toEqual(['name'])
    expect(ours(await call(somebody(), 'boom'))).toEqual([])
  })

  test('F50: a server function that recovers from the error of another has answered', async () => {
    const ada = await known()
    expect(await told(call(ada, 'recovers'))).toContain('recovered')
    expect(await keysOf(ada)).toEqual(['boom', 'name', 'outer'])
  })

  test('F50: redirect() and notFound() are answers, and a session that a failing function ended stays ended', async () => {
    const ada = await known()
    await call(ada, 'misses')
    expect(await keysOf(ada)).toEqual(['missed', 'name'])
    const led = await call(ada, 'leads')
    expect([ours(led).length, await led.json()]).toEqual([1, expect.objectContaining({ isSerializedRedirect: true })])
    expect(await told(ada.get('/'))).toContain('Welcome, ada')
    const thief = ada.steal()
    await call(ada, 'endsAndThrows')
    expect([ada.cookies(), await keysOf(thief)]).toEqual([[], []])
  })

  test('F50: a loader that lets an error out is a 500 that stores nothing; one that catches it has answered', async () => {
    const ada = await known()
    expect((await ada.get('/trials/boom')).status).toBe(500)
    expect(await keysOf(ada)).toEqual(['name'])
    expect(await told(ada.get('/trials/caught'))).toMatch(/1 caught/)
    expect(await keysOf(ada)).toEqual(['boom', 'n', 'name'])
    expect((await ada.post('/trials/throw')).status).toBe(500)
    expect(await keysOf(ada)).toEqual(['boom', 'n', 'name'])
  })

  test('F51: deferred data may change a session that has a ticket; for a new visitor it says that it is too late', async () => {
    for (const [who, said, keys] of [
      [await known(), 'kept', ['late', 'name']],
      [somebody(), 'TOO_LATE', []],
    ] as const) {
      const page = await who.get(`/trials/late?gate=${said}`)
      await who.post(`/trials/go/${said}`)
      expect(await page.text()).toContain(`<b>${said}</b>`)
      expect(await keysOf(who)).toEqual(keys)
    }
  })

  test('of 32 requests at once none is lost, whether by a route or by a server function', async () => {
    const ada = await known()
    const at = [...Array(32).keys()]
    await Promise.all(at.flatMap((each) => [ada.post(`/trials/set?key=key${each}`), call(ada, 'count')]))
    expect(await (await ada.post('/trials/look')).json()).toMatchObject({ n: 32 })
    expect(await keysOf(ada)).toEqual([...at.map((each) => `key${each}`), 'n', 'name'].toSorted())
  })

  test('a request in flight does not undo a sign-out', async () => {
    const ada = await known()
    const tab = ada.steal()
    const slow = tab.post('/trials/slow')
    await tab.get('/trials/begun')
    await ada.post('/logout')
    await ada.post('/trials/go/slow')
    await slow
    expect([ada.cookies(), await keysOf(tab)]).toEqual([[], []])
  })

  test('what does not ask for the session stays public', async () => {
    const { headers } = await (await known()).get('/trials/open')
    expect([headers.get('cache-control'), headers.get('vary'), headers.getSetCookie()]).toEqual(['public, max-age=60', null, []])
  })

  test('nothing of the sessions is in what the browser loads', () => {
    const assets = join(folderOf('tanstack-start'), 'dist/client/assets')
    const text = readdirSync(assets)
      .map((file) => readFileSync(join(assets, file), 'utf8'))
      .join('\n')
    expect(text).toContain('Add to cart')
    for (const secret of [SECRET, 'development only', 'sqlite', 'NOT_WRAPPED']) expect(text).not.toContain(secret)
  })
})
