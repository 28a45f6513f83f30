import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createJar, type Jar } from '../../packages/coatcheck/src/testing/index.ts'
import { type App, type Environment, start, temporaryFolder, tool } from '../harness.ts'

const COOKIE = 'nuxt-session'

/** A browser at the site with nuxt-auth-utils. */
class Visitor {
  readonly #app: () => App
  readonly jar: Jar

  constructor(app: () => App, jar: Jar = createJar()) {
    this.#app = app
    this.jar = jar
  }

  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const url = this.#app().url(path)
    const response = await fetch(url, { ...init, headers: { cookie: this.jar.header(url), ...init.headers } })
    for (const line of response.headers.getSetCookie()) this.jar.set(line, url)
    return response
  }

  post(path: string, body: object = {}): Promise<Response> {
    return this.ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  }

  said = async (path: string): Promise<Record<string, unknown>> => (await this.ask(path)).json()
  status = async (path: string): Promise<number> => (await this.ask(path)).status
  shown = async (): Promise<string | undefined> => /id="user">([^<]*)/.exec(await (await this.ask('/')).text())?.[1]
  lines = (response: Response): string[] => response.headers.getSetCookie().map((line) => line.split('=')[0] ?? '')

  /** Somebody with a copy of this browser's cookies, at the same site or another. */
  copy = (app = this.#app): Visitor => new Visitor(app, this.jar.copy())
}

beforeAll(() => tool('nuxt', 'node auth/build.mjs'), 600_000)

function site(env: Environment): () => App {
  let app: App
  beforeAll(async () => {
    app = await start('nuxt/auth', env)
  })
  afterAll(() => app?.stop())
  return () => app
}

const folder = temporaryFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each([
  ['of h3', { SITE: 'h3' }],
  ['ours', {}],
  ['ours in a store', { COATCHECK_STORE: join(folder, 'sessions.sqlite') }],
])('D10: nuxt-auth-utils, whose sessions are %s', (whose, env: Environment) => {
  const app = site(env)
  const visitor = () => new Visitor(app)

  test('a guest has a session with nothing in it, and no account', async () => {
    const ada = visitor()
    expect(await ada.said('/api/_auth/session')).toEqual({ id: expect.any(String), seen: true })
    expect(ada.jar.all()).toMatchObject([{ name: COOKIE, httpOnly: true, secure: true, sameSite: 'lax', path: '/' }])
    const response = await ada.ask('/api/account')
    expect([response.status, await response.json()]).toEqual([401, expect.objectContaining({ message: 'Unauthorized' })])
    expect(await ada.shown()).toBe('nobody')
  })

  test('setUserSession signs in, getUserSession tells all but what is secure, and the page knows the name', async () => {
    const ada = visitor()
    expect(await (await ada.post('/api/login', { name: 'ada' })).json()).toEqual({
      user: { name: 'ada' },
      secure: { token: 'token of ada' },
    })
    expect(await ada.said('/api/_auth/session')).toEqual({ id: expect.any(String), seen: true, user: { name: 'ada' } })
    expect(await ada.said('/api/account')).toEqual({ user: { name: 'ada' }, secure: { token: 'token of ada' }, rest: ['id'] })
    expect(await ada.shown()).toBe('ada')
    expect(await visitor().shown()).toBe('nobody')
  })

  test('setUserSession adds to what there is, ours replaces it with replaceUserSession', async () => {
    const ada = visitor()
    await ada.post('/api/login', { name: 'ada' })
    await ada.post('/api/keys/a')
    expect((await ada.said('/api/account')).rest).toEqual(['a', 'id'])
    const replaced = await (await ada.post('/api/replace', { name: 'bob' })).json()
    const account = await ada.said('/api/account')
    if (whose === 'of h3') {
      // After clear() h3 1 reads the request's cookie again, so nothing of the old session goes.
      expect(replaced).toEqual({ user: { name: 'bob' }, secure: { token: 'token of ada' }, a: true })
      expect(account).toEqual({ user: { name: 'bob' }, secure: { token: 'token of ada' }, rest: ['a', 'id'] })
    } else expect([replaced, account]).toEqual([{ user: { name: 'bob' } }, { user: { name: 'bob' }, rest: ['id'] }])
  })

  test.each([
    ['clearUserSession', (ada: Visitor) => ada.post('/api/logout')],
    ['DELETE /api/_auth/session', (ada: Visitor) => ada.ask('/api/_auth/session', { method: 'DELETE' })],
  ])('%s signs out, and hooks are told of whom', async (_, leave) => {
    const ada = visitor()
    const name = `ada ${Math.random()}`
    await ada.post('/api/login', { name })
    expect(await (await leave(ada)).json()).toEqual({ loggedOut: true })
    expect(app().output()).toContain(`cleared: ${name}`)
    expect(await ada.status('/api/account')).toBe(401)
    expect(await ada.shown()).toBe('nobody')
  })

  test('a time that setUserSession is given counts for the cookie', async () => {
    const [ada, bob] = [visitor(), visitor()]
    await ada.post('/api/login', { name: 'ada' })
    await bob.post('/api/login', { name: 'bob', remember: 'yes' })
    expect(ada.jar.all()[0]?.expiresAt).toBeUndefined()
    expect(bob.jar.all()[0]?.expiresAt).toBeDefined()
    expect(await bob.status('/api/account')).toBe(200)
  })

  test('a library that is installed, and imports from h3, has the same session, and the rest of h3', async () => {
    const ada = visitor()
    await ada.post('/api/login', { name: 'ada' })
    for (const visits of [1, 2]) expect(await ada.said('/api/library')).toEqual({ visits, user: { name: 'ada' }, isEvent: true })
  })

  test('twenty requests at once each set a key, and with a store all are kept', async () => {
    const ada = visitor()
    await ada.post('/api/login', { name: 'ada' })
    const keys = Array.from({ length: 20 }, (_, at) => `key${at}`)
    await Promise.all(keys.map((key) => ada.post(`/api/keys/${key}`)))
    const { rest } = await ada.said('/api/account')
    expect(rest).toHaveLength(whose === 'ours in a store' ? 21 : 2)
  })

  test('a copy of the cookie opens nothing after a sign-out where there is a store', async () => {
    const ada = visitor()
    await ada.post('/api/login', { name: 'ada' })
    const thief = ada.copy()
    expect(await thief.status('/api/account')).toBe(200)
    await ada.post('/api/logout')
    expect(await thief.status('/api/account')).toBe(whose === 'ours in a store' ? 401 : 200)
  })
})

describe('D10: nuxt-auth-utils, before and after', () => {
  const theirs = site({ SITE: 'h3' })
  const ours = site({ COATCHECK_STORE: join(folder, 'after.sqlite') })

  test('who was signed in stays it, in a session of ours', async () => {
    const before = new Visitor(theirs)
    await before.post('/api/login', { name: 'ada' })
    expect(before.jar.all()[0]?.value).toMatch(/^Fe26\.2/)
    const ada = before.copy(ours)
    expect(await ada.said('/api/account')).toMatchObject({ user: { name: 'ada' }, secure: { token: 'token of ada' } })
    await ada.post('/api/keys/later')
    expect(ada.jar.all()[0]?.value).not.toMatch(/^Fe26\.2/)
    expect(await ada.said('/api/account')).toMatchObject({ user: { name: 'ada' }, rest: ['id', 'later'] })
  })
})
