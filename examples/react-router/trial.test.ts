import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createJar, type Jar } from '../../packages/coatcheck/src/testing/index.ts'
import { type App, open, tool } from '../harness.ts'

// One site, and one build of it: on React Router's own sessions, on ours (`#sessions` in package.json is another module), and on ours in
// a store. It uses what sites of today use: several storages, toasts, codes, remix-utils' typed cookie and its middleware.

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const ADA = { username: 'ada', password: 'lovelace' }
const GRACE = { username: 'grace', password: 'hopper' }

/** The site, and the time of the site and of its visitors. */
class Site {
  readonly app: App
  #ahead = 0

  constructor(app: App) {
    this.app = app
  }

  now = (): number => Date.now() + this.#ahead

  async passes(seconds: number): Promise<void> {
    this.#ahead += seconds * 1000
    await this.meet({ seconds: `${seconds}` })
  }

  /** Lets a request go on that waits under this name, as soon as it waits. */
  meet = async (fields: Record<string, string>): Promise<void> => void (await this.visitor().post('/meet', fields))
  visitor = (): Visitor => new Visitor(this, createJar({ now: this.now }))
}

class Visitor {
  readonly #site: Site
  readonly jar: Jar

  constructor(site: Site, jar: Jar) {
    this.#site = site
    this.jar = jar
  }

  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const url = this.#site.app.url(path)
    const headers = { cookie: this.jar.header(url), 'user-agent': 'Mozilla/5.0 Chrome/156.0', origin: this.#site.app.origin }
    const response = await fetch(url, { redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) this.jar.set(line, url)
    return response
  }

  post = (path: string, fields: Record<string, string> | string[][] = {}): Promise<Response> =>
    this.ask(path, { method: 'POST', body: new URLSearchParams(fields) })

  /** What a page shows. */
  async see(path = '/'): Promise<Record<string, string>> {
    const response = await this.ask(path)
    const html = await response.text()
    expect(response.status, html).toBe(200)
    return Object.fromEntries(
      Array.from(html.matchAll(/<output id="(\w+)">(.*?)<\/output>/g), ([, id = '', text = '']) => [id, text]),
    )
  }

  /** What the page shows that a form leads to. */
  async send(path: string, fields: Record<string, string> = {}): Promise<Record<string, string>> {
    const response = await this.post(path, fields)
    expect(response.status, await response.text()).toBe(302)
    return this.see(response.headers.get('location') ?? '')
  }

  write = (...names: string[]): Promise<Response[]> =>
    Promise.all(names.map((name) => this.copy(this.jar).post('/notes', { name, meet: 'all', count: `${names.length}` })))

  /** Another tab of this browser, or with a copy of its cookies another browser. */
  copy = (jar = this.jar.copy()): Visitor => new Visitor(this.#site, jar)
  names = (): string[] => this.jar.all().map(({ name }) => name)
}

function serve(conditions: string): () => Site {
  let site: Site
  beforeAll(async () => {
    const app = await open('react-router', { TRIAL: '1', NODE_OPTIONS: `--conditions=${conditions} --import=./trial/clock.mjs` })
    site = new Site(app)
  })
  afterAll(() => site?.app.stop())
  return () => site
}

describe.each(['react-router', 'coatcheck', 'stored'])('the site of trial/, on the sessions of %s', (kind) => {
  const site = serve(kind)
  const signedIn = async (fields: Record<string, string> = ADA) => {
    const visitor = site().visitor()
    expect(await visitor.send('/login', fields)).toMatchObject({ user: fields.username })
    return visitor
  }

  test('a guest is given no cookie', async () => {
    const visitor = site().visitor()
    expect(await visitor.see()).toEqual({ user: 'guest', theme: 'light' })
    expect(visitor.names()).toEqual([])
  })

  test('a wrong password signs nobody in', async () => {
    const visitor = site().visitor()
    const response = await visitor.post('/login', { username: 'ada', password: 'guess' })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('Invalid username or password')
    expect(visitor.names()).toEqual([])
  })

  test('a sign-in welcomes once', async () => {
    const visitor = site().visitor()
    expect(await visitor.send('/login', ADA)).toEqual({ user: 'ada', theme: 'light', toast: 'Welcome, ada' })
    expect(await visitor.see()).toEqual({ user: 'ada', theme: 'light' })
    expect(visitor.names()).toEqual(['en_session'])
    // React Router's own cookie can be read by anybody.
    const [{ value = '' } = {}] = visitor.jar.all()
    const text = Buffer.from(decodeURIComponent(value), 'base64').toString()
    expect(text.includes('"userId":"ada"')).toBe(kind === 'react-router')
  })

  test('who must sign in is sent to the form by a redirect that is thrown, with a toast that is shown once', async () => {
    const visitor = site().visitor()
    const response = await visitor.ask('/notes')
    expect([response.status, response.headers.get('location')]).toEqual([302, '/login'])
    expect(await visitor.see('/login')).toMatchObject({ user: 'guest', toast: 'Sign in first' })
    expect(await visitor.see('/login')).not.toHaveProperty('toast')
  })

  test('D1: each request keeps a user signed in, for many hours; an hour without one ends it', async () => {
    const visitor = await signedIn()
    for (let times = 0; times < 8; times++) {
      await site().passes(50 * MINUTE)
      expect((await visitor.see()).user).toBe('ada')
    }
    await site().passes(61 * MINUTE)
    expect((await visitor.see()).user).toBe('guest')
  })

  test('who is to be remembered is, for thirty days after the last visit, and after the browser was closed', async () => {
    const visitor = await signedIn({ ...ADA, remember: 'on' })
    for (const days of [1, 20, 29]) {
      await site().passes(days * DAY)
      visitor.jar.restart()
      expect((await visitor.see()).user).toBe('ada')
    }
    await site().passes(31 * DAY)
    expect((await visitor.see()).user).toBe('guest')
  })

  test('a code is asked for in a session of its own', async () => {
    const visitor = site().visitor()
    const response = await visitor.post('/login', GRACE)
    expect([response.status, response.headers.get('location')]).toEqual([302, '/verify'])
    expect(await visitor.see()).toMatchObject({ user: 'guest' })
    expect(visitor.names()).toEqual(['en_verification'])
    expect((await visitor.post('/verify', { code: '000000' })).status).toBe(400)
    await site().passes(9 * MINUTE)
    expect(await visitor.send('/verify', { code: '123456' })).toMatchObject({ user: 'grace', toast: 'Welcome, grace' })
    expect(visitor.names()).toEqual(['en_session'])
  })

  test('a code that comes after ten minutes is too late', async () => {
    const visitor = site().visitor()
    await visitor.post('/login', GRACE)
    await site().passes(11 * MINUTE)
    expect(await visitor.send('/verify', { code: '123456' })).toMatchObject({ user: 'guest', toast: 'That took too long' })
  })

  test('a theme is kept in a typed cookie; another than the two is refused, or read as none', async () => {
    const visitor = site().visitor()
    expect(await visitor.send('/theme', { theme: 'dark' })).toMatchObject({ theme: 'dark' })
    await site().passes(300 * DAY)
    expect(await visitor.see()).toMatchObject({ theme: 'dark' })
    expect((await visitor.post('/theme', { theme: 'pink' })).status).toBe(500)
    const junk = site().visitor()
    junk.jar.set('en_theme=pink; Path=/', site().app.url('/'))
    expect(await junk.see()).toMatchObject({ theme: 'light' })
  })

  test('a sign-out leaves no cookie', async () => {
    const visitor = await signedIn({ ...ADA, remember: 'on' })
    await visitor.send('/theme', { theme: 'dark' })
    expect(await visitor.send('/logout')).toEqual({ user: 'guest', theme: 'dark' })
    expect(visitor.names()).toEqual(['en_theme'])
    expect((await visitor.ask('/notes')).status).toBe(302)
  })

  test('damaged cookies are as none', async () => {
    const visitor = await signedIn()
    for (const { name, value } of visitor.jar.all())
      visitor.jar.set(`${name}=${value.slice(0, -3)}; Path=/; Secure; HttpOnly`, site().app.url('/'))
    expect(await visitor.see()).toEqual({ user: 'guest', theme: 'light' })
  })

  const isStored = kind === 'stored'
  const names = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`)

  test.each([2, 20])(
    `of %i requests at once ${isStored ? 'all are' : 'one is'} kept, and the user stays signed in`,
    async (count) => {
      const visitor = await signedIn()
      expect((await visitor.write(...names(count))).map(({ status }) => status)).toEqual(names(count).map(() => 302))
      expect(await visitor.see('/notes')).toMatchObject({ user: 'ada', notes: `${isStored ? count : 1}` })
    },
  )

  if (!isStored) return

  test('a sign-out is final: the old cookie is refused, and a request that was under way brings nothing back', async () => {
    const visitor = await signedIn()
    const [thief, tab] = [visitor.copy(), visitor.copy()]
    const slow = tab.post('/notes', [
      ['name', 'late'],
      ['meet', 'opened'],
      ['meet', 'late'],
      ['count', '2'],
    ])
    await site().meet({ name: 'opened' })
    expect(await visitor.send('/logout')).toMatchObject({ user: 'guest' })
    await site().meet({ name: 'late' })
    await slow
    for (const each of [thief, tab, visitor]) expect((await each.see()).user).toBe('guest')
  })
})

test('the site has no error of types on either', async () => {
  for (const kind of ['react-router', 'coatcheck', 'stored'])
    await tool('react-router', `tsc -p trial --customConditions ${kind}`)
})
