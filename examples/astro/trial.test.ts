import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createJar, type Jar } from '../../packages/coatcheck/src/testing/index.ts'
import { root } from '../../scripts/steps.ts'
import { playDevice } from '../device.ts'
import { type App, type Environment, open, temporaryFolder } from '../harness.ts'

type Step = readonly [name: string, ...args: unknown[]]

const COOKIE = 'astro-session'
/** Where Astro's Node adapter keeps sessions when nobody says anything else. */
const THEIRS = join(root, 'examples/astro/node_modules/.astro/sessions')

let turns = 0

class Visitor {
  readonly #app: App
  readonly jar: Jar

  constructor(app: App, jar: Jar = createJar()) {
    this.#app = app
    this.jar = jar
  }

  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const url = this.#app.url(path)
    const headers = { cookie: this.jar.header(url), 'user-agent': 'Mozilla/5.0 Chrome/156.0', origin: this.#app.origin }
    const response = await fetch(url, { redirect: 'manual', ...init, headers: { ...headers, ...init.headers } })
    for (const line of response.headers.getSetCookie()) this.jar.set(line, url)
    return response
  }

  see = async (path: string): Promise<string> => (await this.ask(path)).text()

  post(...steps: Step[]): Promise<Response> {
    return this.ask('/do', { method: 'POST', body: JSON.stringify(steps), headers: { 'content-type': 'application/json' } })
  }

  /** What these methods of `context.session` gave, one after the other in one request. */
  do = async (...steps: Step[]): Promise<unknown[]> => (await this.post(...steps)).json()
  values = async (): Promise<unknown> => Object.fromEntries((await this.do(['entries']))[0] as [string, unknown][])

  get ticket(): string | undefined {
    return this.jar.all().find(({ name }) => name === COOKIE)?.value
  }

  copy = (): Visitor => new Visitor(this.#app, this.jar.copy())

  /** Lets what waits under this name go on, as soon as it waits. */
  async pass(name: string): Promise<void> {
    while ((await (await fetch(this.#app.url(`/pass?name=${name}`))).json()) !== true);
  }

  /** A page that is sent when all of it is there: whoever asks sees nothing of it before it has used the session. */
  async held(path: string): Promise<{ text: string; response: Response }> {
    const name = `turn${turns++}`
    const asked = this.ask(`${path}?name=${name}`)
    await this.pass(name)
    const response = await asked
    return { text: await response.text(), response }
  }

  /** A page that is sent as it is made: its beginning is there before it uses the session. If it were held, this would never end. */
  async streamed(path: string): Promise<{ first: string; rest: string }> {
    const name = `turn${turns++}`
    const response = await this.ask(`${path}?name=${name}`)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    const first = (await reader?.read())?.value ?? ''
    await this.pass(name)
    let rest = ''
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) rest += part.value
    return { first, rest }
  }
}

function trial(kind: string, env: Environment = {}): { visitor(): Visitor; app(): App } {
  let app: App
  beforeAll(async () => {
    app = await open('astro', { TRIAL: kind, ...env })
  })
  afterAll(() => app?.stop())
  return { visitor: () => new Visitor(app), app: () => app }
}

/** What the author of a page meant, whether sessions are in a store or in the cookie. */
function meaning(visitor: () => Visitor): void {
  test('get, set, has, delete, keys, values and entries do what Astro says', async () => {
    const ada = visitor()
    expect(await ada.do(['get', 'name'], ['set', 'name', 'ada'], ['set', 'list', [1]], ['get', 'name'], ['has', 'name'])).toEqual(
      [null, null, null, 'ada', true],
    )
    expect(await ada.do(['keys'], ['values'], ['entries'])).toEqual([
      ['name', 'list'],
      ['ada', [1]],
      [
        ['name', 'ada'],
        ['list', [1]],
      ],
    ])
    expect(await ada.do(['delete', 'name'], ['has', 'name'], ['get', 'list'])).toEqual([null, false, [1]])
    expect(await ada.values()).toEqual({ list: [1] })
  })

  test('nothing for nothing: who only reads gets no cookie', async () => {
    const ada = visitor()
    const response = await ada.ask('/')
    expect(response.headers.getSetCookie()).toEqual([])
    expect(response.headers.get('vary')).toMatch(/cookie/i)
  })

  test('B1: regenerate() that nobody awaits keeps the session, under a new id', async () => {
    const ada = visitor()
    await ada.do(['set', 'name', 'ada'])
    const before = ada.ticket
    await ada.do(['regenerate!'])
    expect(ada.ticket).not.toBe(before)
    expect(await ada.values()).toEqual({ name: 'ada' })
  })

  test('B3: delete() and then set(), before anything was read, keeps the value', async () => {
    const ada = visitor()
    await ada.do(['set', 'name', 'ada'])
    await ada.do(['delete!', 'name'], ['set!', 'name', 'bob'])
    expect(await ada.values()).toEqual({ name: 'bob' })
  })

  test('B4: set(), destroy(), set() leaves one session with the last value', async () => {
    const ada = visitor()
    await ada.do(['set', 'before', 1])
    const response = await ada.post(['set!', 'during', 1], ['destroy!'], ['set!', 'after', 1])
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(await ada.values()).toEqual({ after: 1 })
  })

  test('destroy() clears the cookie', async () => {
    const ada = visitor()
    await ada.do(['set', 'name', 'ada'])
    await ada.do(['destroy'])
    expect(ada.ticket).toBeUndefined()
    expect(await ada.values()).toEqual({})
  })

  test('B9: load() opens what was a session of this site, and any other text opens nothing', async () => {
    const [ada, bob] = [visitor(), visitor()]
    await ada.do(['set', 'name', 'ada'])
    await bob.do(['set', 'name', 'bob'])
    for (const nonsense of ['', 'x', 'x'.repeat(32), '00000000-0000-4000-8000-000000000000', '__proto__'])
      expect(await bob.copy().do(['load', nonsense], ['entries'])).toEqual([null, []])
    expect(await bob.values()).toEqual({ name: 'bob' })
    expect(await bob.do(['load', ada.ticket], ['get', 'name'])).toEqual([null, 'ada'])
    expect(await bob.values()).toEqual({ name: 'ada' })
  })

  test('what cannot be stored is refused where it is set', async () => {
    expect(await visitor().do(['set', '', 1], ['set', 'name', 1, { ttl: -1 }])).toEqual([
      'SessionError BAD_KEY',
      'SessionError BAD_VALUE',
    ])
  })

  test('F6: a component that sets a value long after the page began: nothing is lost, nor is the page cut off', async () => {
    const ada = visitor()
    const { text, response } = await ada.held('/late')
    expect(text).toMatch(/early.*<output id="late">1<.*<\/html>/s)
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(await ada.values()).toEqual({ late: 1 })
  })

  test('F6: a page of which no part mentions a session is never held', async () => {
    const { first, rest } = await visitor().streamed('/quiet')
    expect(first).toMatch(/early/)
    expect(first).not.toMatch(/slow/)
    expect(rest).toMatch(/slow/)
  })

  test('F6: a new id in the middle of a page reaches the visitor', async () => {
    const ada = visitor()
    await ada.do(['set', 'name', 'ada'])
    const before = ada.ticket
    await ada.held('/late-id')
    expect(ada.ticket).not.toBe(before)
    expect(await ada.values()).toEqual({ name: 'ada' })
  })

  test('F7: error pages have the session, and a page that failed has changed nothing', async () => {
    const ada = visitor()
    await ada.do(['set', 'name', 'ada'])
    const response = await ada.ask('/broken')
    expect(response.status).toBe(500)
    expect(await response.text()).toMatch(/Sorry, ada/)
    expect(await ada.values()).toEqual({ name: 'ada' })
    expect((await ada.post(['set', 'name', 'bob'], ['fail'])).status).toBe(500)
    expect(await ada.values()).toEqual({ name: 'ada' })
  })

  test('F7: the page of what is not there counts in the same session, with one cookie', async () => {
    const ada = visitor()
    expect(await ada.see('/nowhere')).toMatch(/<output id="missed">1</)
    expect(await ada.see('/nowhere')).toMatch(/<output id="missed">2</)
    const bob = visitor()
    const response = await bob.ask('/missing')
    expect(response.status).toBe(404)
    expect(response.headers.getSetCookie()).toHaveLength(1)
    expect(await bob.values()).toEqual({ name: 'ada', missed: 1 })
  })

  test('a rewrite is the same request', async () => {
    const ada = visitor()
    const response = await ada.ask('/rewritten')
    expect(await response.text()).toMatch(/<output id="name">rewritten</)
    expect(response.headers.getSetCookie()).toHaveLength(1)
  })

  test('F20: a site with prerendered pages can be built, and they have no session', async () => {
    const response = await visitor().ask('/static')
    expect(await response.text()).toMatch(/before anybody came/)
    expect(response.headers.getSetCookie()).toEqual([])
  })
}

const folder = temporaryFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('Astro with sessions in a store', () => {
  const { visitor, app } = trial('ours', { COATCHECK_STORE: join(folder, 'sessions.sqlite') })
  meaning(visitor)

  test('browsers are answered for device-bound sessions, for which the integration adds a route', async () => {
    const steps = JSON.stringify([['regenerate'], ['set', 'user', 'ada']])
    const headers = { 'content-type': 'application/json' }
    await playDevice(app().origin, { signIn: (who) => who.post('/do', steps, { headers }), shows: '/bound' })
  })

  test('F6: a visitor who has a ticket sees the beginning of the page at once, and what is set later is stored', async () => {
    const ada = visitor()
    await ada.do(['set', 'name', 'ada'])
    for (const late of [1, 2]) {
      const { first, rest } = await ada.streamed('/late')
      expect(first).toMatch(/early/)
      expect(first).not.toMatch(/late/)
      expect(rest).toMatch(new RegExp(`<output id="late">${late}<`))
      expect(await ada.values()).toEqual({ name: 'ada', late })
    }
  })

  test('B5: requests at the same time lose nothing of different keys', async () => {
    const ada = visitor()
    await ada.do(['set', 'name', 'ada'])
    const [one, two] = [ada.copy().do(['get', 'name'], ['turn', 'one'], ['set', 'one', 1]), ada.copy().do(['set', 'two', 2])]
    await two
    await ada.pass('one')
    await one
    expect(await ada.values()).toEqual({ name: 'ada', one: 1, two: 2 })
  })

  test('B5: a session that was destroyed does not come back with a request that was under way', async () => {
    const ada = visitor()
    await ada.do(['set', 'name', 'ada'])
    const tab = ada.copy()
    const slow = tab.do(['get', 'name'], ['turn', 'opened'], ['turn', 'slow'], ['set', 'more', 1])
    await ada.pass('opened')
    await ada.copy().do(['destroy'])
    await ada.pass('slow')
    await slow
    expect(await ada.values()).toEqual({})
    expect(await tab.values()).toEqual({})
  })

  test('B12: eight requests that only set, at once, are all kept', async () => {
    const ada = visitor()
    await ada.do(['set', 'name', 'ada'])
    await Promise.all(Array.from({ length: 8 }, (_, at) => ada.copy().do(['set!', `key${at}`, at])))
    expect(Object.keys((await ada.values()) as object)).toHaveLength(9)
  })

  test('openSession() gives all of the session: update() loses none of 8 that count at once', async () => {
    const ada = visitor()
    await ada.do(['set', 'name', 'ada'])
    await Promise.all(Array.from({ length: 8 }, () => ada.copy().do(['add'])))
    expect(await ada.values()).toEqual({ name: 'ada', count: 8 })
  })

  test('B1: the id from before regenerate() shows for a few seconds what there was, and never leads to the new one', async () => {
    const ada = visitor()
    await ada.do(['set', 'name', 'ada'])
    const before = ada.copy()
    const { ticket } = before
    await ada.do(['regenerate!'])
    await ada.do(['set', 'address', 'Main Street'])
    expect(await before.values()).toEqual({ name: 'ada' })
    expect(before.ticket).toBe(ticket)
    expect(await ada.values()).toEqual({ name: 'ada', address: 'Main Street' })
  })
})

describe('Astro with sessions sealed in the cookie', () => {
  const { visitor, app } = trial('sealed', { NEWER_SECRET: 'the-newer-secret-Zk4Xw9Lq2Vt7Bn5Rm' })
  meaning(visitor)

  test('secrets are read when the server runs, and are no part of the build', () => {
    const built = readdirSync(join(root, 'examples/astro/dist/server'), { recursive: true, withFileTypes: true })
    const text = built.filter((file) => file.isFile()).map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'))
    expect(text.join('')).toContain('NEWER_SECRET')
    expect(text.join('')).not.toContain('the-newer-secret')
    expect(app().output()).not.toContain('the-newer-secret')
  })
})

describe('a site that moves from Astro’s own sessions', () => {
  const jars: Jar[] = []
  const ids: string[] = []

  describe('before', () => {
    const { visitor } = trial('plain')
    test('has visitors with carts', async () => {
      for (let at = 0; at < 3; at++) {
        const ada = visitor()
        await ada.do(['set', 'cart', [`item ${at}`]], ['set', 'short', 1, { ttl: 3600 }])
        jars.push(ada.jar)
        ids.push(ada.ticket ?? '')
      }
      expect(readdirSync(THEIRS)).toEqual(expect.arrayContaining(ids))
    })
  })

  describe('after', () => {
    const { app } = trial('ours')
    const after = (at: number) => new Visitor(app(), jars[at]?.copy())

    test('nobody is logged out, and the next write is ours', async () => {
      const ada = after(0)
      expect(await ada.values()).toEqual({ cart: ['item 0'], short: 1 })
      expect(ada.ticket).toBe(ids[0])
      await ada.do(['set', 'more', 1])
      expect(ada.ticket).not.toBe(ids[0])
      expect(await ada.values()).toEqual({ cart: ['item 0'], short: 1, more: 1 })
    })

    test('F9: 16 parallel first requests with one old cookie meet in one session', async () => {
      const tabs = Array.from({ length: 16 }, () => after(1))
      await Promise.all(tabs.map((tab, at) => tab.do(['set', `key${at}`, at])))
      // `fetch` is no navigation: who came when the session had moved in already goes on with the old cookie.
      const given = tabs.map(({ ticket }) => ticket).filter((ticket) => ticket !== ids[1])
      expect(new Set(given).size).toBe(1)
      for (const tab of tabs) expect(Object.keys((await tab.values()) as object)).toHaveLength(18)
    })

    test('who signs out is signed out, also with the old cookie', async () => {
      await after(2).do(['destroy'])
      expect(await after(2).values()).toEqual({})
      expect(await after(1).values()).toMatchObject({ cart: ['item 1'] })
    })

    test('B6: an old record that cannot be read costs a fresh session, and is not removed', async () => {
      const id = '0b3e5c1a-7d42-4f6e-9a58-3c1d2e4f5a6b'
      mkdirSync(THEIRS, { recursive: true })
      writeFileSync(join(THEIRS, id), '[["Map",1,2],"cart",{"da')
      const ada = new Visitor(app())
      ada.jar.set(`${COOKIE}=${id}; Path=/; HttpOnly; Secure`, app().url('/'))
      expect(await ada.values()).toEqual({})
      await ada.do(['set', 'name', 'ada'])
      expect(await ada.values()).toEqual({ name: 'ada' })
      expect(existsSync(join(THEIRS, id))).toBe(true)
      rmSync(join(THEIRS, id))
    })
  })
})

describe('Astro’s own session object over a store of this library', () => {
  const { visitor } = trial('driver')

  test('keeps sessions, and one that was destroyed does not come back', async () => {
    const ada = visitor()
    await ada.do(['set', 'name', 'ada'])
    expect(ada.ticket).toMatch(/^[0-9a-f-]{36}$/)
    expect(await ada.values()).toEqual({ name: 'ada' })
    const tab = ada.copy()
    const slow = tab.do(['get', 'name'], ['turn', 'opened'], ['turn', 'slow'], ['set', 'more', 1])
    await ada.pass('opened')
    await ada.copy().do(['destroy'])
    await ada.pass('slow')
    await slow
    expect(await ada.values()).toEqual({})
  })
})

describe('the examples of Astro’s guide', () => {
  let app: App
  beforeAll(async () => {
    app = await open('astro')
  })
  afterAll(() => app?.stop())
  const post = (ada: Visitor, path: string, body: unknown) =>
    ada.ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })

  test('API endpoints: addToCart', async () => {
    const ada = new Visitor(app)
    expect((await post(ada, '/api/addToCart', {})).status).toBe(400)
    expect(await (await post(ada, '/api/addToCart', { item: 'hat' })).json()).toEqual(['hat'])
    expect(await (await post(ada, '/api/addToCart', { item: 'coat' })).json()).toEqual(['hat', 'coat'])
    expect(await ada.see('/')).toMatch(/<output id="cart">2</)
  })

  test('actions: addToCart', async () => {
    const ada = new Visitor(app)
    for (const productId of ['hat', 'coat', 'shoes'])
      expect((await post(ada, '/_actions/addToCart', { productId })).status).toBe(200)
    expect(await ada.see('/')).toMatch(/<output id="cart">3</)
  })

  test('middleware, components and pages see one session', async () => {
    const ada = new Visitor(app)
    expect(await ada.see('/')).toMatch(/<output id="visits">1</)
    const response = await ada.ask('/')
    expect(await response.text()).toMatch(/<output id="visits">2</)
    expect(response.headers.getSetCookie()).toEqual([])
  })
})
