import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Visitor, visitor } from '../../packages/coatcheck/src/testing/index.ts'
import { root } from '../../scripts/steps.ts'
import { type App, build, install, open, temporaryFolder } from '../harness.ts'

// One application, written for Astro's own sessions: driven on those first, then on ours, with the same expectations.

const folder = temporaryFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The application with the sessions that app/<kind>.mjs says. */
function running(kind: 'original' | 'ours', env: Record<string, string> = {}) {
  let app: App
  beforeAll(async () => {
    app = await open('astro', { TRIAL: `../app/${kind}`, ...env })
  })
  afterAll(() => app?.stop())
  const browser = (): Visitor =>
    visitor(app.origin, { headers: { origin: app.origin, 'user-agent': 'Mozilla/5.0 Chrome/156.0' } })
  return { browser, pass: (name: string) => passed(app, name) }
}

/** Lets the request that waits under this name go on, as soon as it waits. */
async function passed(app: App, name: string): Promise<void> {
  while ((await (await fetch(app.url(`/pass?name=${name}`))).json()) !== true);
}

const signIn = (ada: Visitor) => ada.post('/login', { username: 'ada', password: 'lovelace' })
const see = async (who: Visitor, path = '/'): Promise<string> => (await who.get(path)).text()
const add = (who: Visitor, productId: string) =>
  who.post('/_actions/addToCart', JSON.stringify({ productId }), { headers: { 'content-type': 'application/json' } })
const ticketOf = (who: Visitor) => who.cookies().find(({ name }) => name === 'shop')

/** What the application expects of its sessions, whoever keeps them. */
function expectations(browser: () => Visitor): void {
  test('who only looks around has no cookie', async () => {
    const ada = browser()
    expect(await see(ada)).toContain('a guest has nothing')
    expect(ada.cookies()).toEqual([])
  })

  test('an action fills the cart, under the cookie that the site configured', async () => {
    const ada = browser()
    for (const item of ['hat', 'coat']) expect((await add(ada, item)).status).toBe(200)
    expect(await see(ada)).toContain('a guest has hat and coat')
    expect(ticketOf(ada)).toMatchObject({ sameSite: 'strict', httpOnly: true, secure: true, path: '/' })
    const lives = ((ticketOf(ada)?.expiresAt ?? 0) - Date.now()) / 1000
    expect(lives).toBeGreaterThan(3000)
    expect(lives).toBeLessThanOrEqual(3601)
  })

  test('a sign-in gives a new id and keeps the cart; the values are as they were set', async () => {
    const ada = browser()
    await add(ada, 'hat')
    const before = ticketOf(ada)?.value
    expect((await ada.post('/login', { username: 'ada', password: 'wrong' }, { follow: false })).status).toBe(401)
    expect(ticketOf(ada)?.value).toBe(before)
    expect(await (await signIn(ada)).text()).toContain('ada has hat')
    expect(ticketOf(ada)?.value).not.toBe(before)
    expect(Date.now() - Number(await see(ada, '/since'))).toBeLessThan(600_000)
  })

  test('load takes the session to another device, and a text that is no id opens nothing', async () => {
    const [ada, phone] = [browser(), browser()]
    await signIn(ada)
    const id: unknown = await (await ada.get('/device')).json()
    expect(await (await phone.post('/device', String(id))).json()).toBe('ada')
    expect(await see(phone)).toContain('ada has nothing')
    expect(await (await browser().post('/device', 'x')).json()).toBe(null)
  })

  test('a sign-out takes the cookie away, and the old cookie opens nothing', async () => {
    const ada = browser()
    await signIn(ada)
    const thief = ada.steal()
    expect(await (await ada.post('/logout')).text()).toContain('a guest has nothing')
    expect(ada.cookies()).toEqual([])
    expect(await see(thief)).toContain('a guest has nothing')
  })
}

type Pass = (name: string) => Promise<void>

/** Of 20 requests that each set a key of their own, after all of them have read the session: how many keys are kept. */
async function parallelKeys(browser: () => Visitor, pass: Pass): Promise<number> {
  const ada = browser()
  await signIn(ada)
  const all = ada.parallel(20, (at) => ada.post(`/keep?key=key${at}&wait=read${at}&wait=set${at}`))
  for (const turn of ['read', 'set']) for (let at = 0; at < 20; at++) await pass(`${turn}${at}`)
  await all
  const keys = (await (await ada.get('/keep')).json()) as string[]
  return keys.filter((key) => key.startsWith('key')).length
}

/** What the old cookie shows after a sign-out, when a request that was under way has set a value since. */
async function afterSignOut(browser: () => Visitor, pass: Pass): Promise<string> {
  const ada = browser()
  await signIn(ada)
  const [tab, thief] = [ada.steal(), ada.steal()]
  const slow = tab.post('/keep?key=late&wait=read&wait=set')
  await pass('read')
  await ada.post('/logout')
  await pass('set')
  await slow
  return see(thief)
}

describe('on Astro’s own sessions', () => {
  const { browser, pass } = running('original')
  expectations(browser)

  test('parallel writes are lost, and a request that was under way brings the session back', async () => {
    expect(await parallelKeys(browser, pass)).toBe(1)
    expect(await afterSignOut(browser, pass)).toContain('ada has nothing')
  })
})

describe('on ours, behind the same driver', () => {
  const { browser, pass } = running('ours')
  expectations(browser)

  test('20 of 20 parallel writes are kept within one process', async () => {
    expect(await parallelKeys(browser, pass)).toBe(20)
  })
})

describe('on ours, in a store', () => {
  const { browser, pass } = running('ours', { COATCHECK_STORE: join(folder, 'sessions.sqlite') })
  expectations(browser)

  test('20 of 20 parallel writes are kept', async () => {
    expect(await parallelKeys(browser, pass)).toBe(20)
  })

  test('a sign-out is final, whatever was under way', async () => {
    expect(await afterSignOut(browser, pass)).toContain('a guest has nothing')
  })
})

describe('on ours, rendered by an adapter that sends what app.setCookieHeaders() gives', () => {
  interface Rendering {
    render(request: Request, options?: { addCookieHeader?: boolean }): Promise<Response>
    setCookieHeaders(response: Response): Iterable<string>
  }
  let app: Rendering
  beforeAll(async () => {
    await install('astro')
    await build('astro', { TRIAL: '../app/rendered' })
    vi.stubEnv('SESSION_SECRET', 'for-tests-only-4hQ7vXz2Lk9sWp3Tn8Bc')
    app = (await import(pathToFileURL(join(root, 'examples/astro/build/server/entry.mjs')).href)).app
  })
  afterAll(() => void vi.unstubAllEnvs())

  const login = (cookie = '') =>
    new Request('http://localhost/login', {
      method: 'POST',
      headers: { cookie, origin: 'http://localhost' },
      body: new URLSearchParams({ username: 'ada', password: 'lovelace' }),
    })
  const ask = async (request: Request): Promise<string[]> => {
    const response = await app.render(request)
    expect(response.headers.getSetCookie()).toEqual([])
    return [...app.setCookieHeaders(response)]
  }

  test('D4: a sign-in and a sign-out are among them, once each', async () => {
    const [line = '', ...more] = await ask(login())
    expect(line).toMatch(/^shop=[\w-]{32,}; .*HttpOnly; Secure/)
    expect(more).toEqual([])
    const headers = { cookie: line.split(';')[0] ?? '', origin: 'http://localhost' }
    const left = await ask(new Request('http://localhost/logout', { method: 'POST', headers }))
    expect(left).toEqual([expect.stringMatching(/^shop=deleted; .*Expires=Thu, 01 Jan 1970/)])
    expect((await app.render(login(), { addCookieHeader: true })).headers.getSetCookie()).toHaveLength(1)
  })

  test('an id that was never given is not adopted', async () => {
    const id = '00000000-0000-4000-8000-000000000000'
    expect(await ask(login(`shop=${id}`))).toEqual([expect.not.stringContaining(id)])
  })
})
