import { readFileSync } from 'node:fs'
import { fetchWithEvent, H3, H3Event, sealSession as seal2, toNodeHandler, useSession as use2 } from 'h3'
import { createApp, eventHandler, type H3Event as H3Event1, sealSession as seal1, toWebHandler, useSession as use1 } from 'h3-v1'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { quietly } from '../../test/helpers/adapter-stories.ts'
import { linesOf, said } from '../../test/helpers/h3.ts'
import { serving } from '../../test/helpers/serving.ts'
import { memoryStore } from '../stores/memory.ts'
import { visitor } from '../testing/visitor.ts'
import type { SessionConfig } from './h3.ts'
import {
  clearSession,
  type Given,
  getSession,
  type H3EventLike,
  type RuntimeConfig,
  rotateSession,
  type Site,
  sealSession,
  startSessions,
  unsealSession,
  updateSession,
  useSession,
} from './nitro/runtime.ts'
import nitroModule, { type Nitro } from './nitro.ts'
import coatcheckNuxt from './nuxt.ts'

const PASSWORD = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'
const OTHER = 'Vb9xLw2cTz7nQm4kRj8pHs5gDf3yUa6e'
const vectors: { destr: Record<string, { type: string; value: string }> } = JSON.parse(
  readFileSync(new URL('../../test/vectors/nitro.json', import.meta.url), 'utf8'),
)
const QUOTED = '"quoted-password-that-is-32-chars-long!!"'

beforeEach(() => {
  vi.stubEnv('NITRO_SESSION_PASSWORD', undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

/** Starts what the module's plugin starts, in something that has the hooks of Nitro. */
function starting(
  session: RuntimeConfig['session'],
  more: Partial<Site> & { check?: boolean; nitro?: { envPrefix: string } } = {},
) {
  const { nitro, check = false, ...site } = more
  const told: ((event: H3EventLike) => void)[] = []
  const hooks = { hook: (_: 'request', tell: (event: H3EventLike) => void) => told.push(tell) }
  const config = (): RuntimeConfig => ({ ...(session && { session }), ...(nitro && { nitro }) })
  const start = (h3App?: { options: object }) => startSessions({ hooks, ...(h3App && { h3App }) }, { config, check, ...site })
  return { start, begin: (event: H3EventLike) => told.forEach((tell) => void tell(event)) }
}

/** Somebody at a site whose only page this is. */
function comesTo(page: (event: H3Event) => unknown, begin: (event: H3EventLike) => void = () => {}) {
  const app = new H3({ onRequest: begin }).all('/**', page)
  return visitor(async (request) => app.fetch(request), { follow: false })
}

describe('the configuration', () => {
  test('what is not passed is taken from runtimeConfig.session: name, password, maxAge, cookie', async () => {
    const { start } = starting({ name: 'shop', password: PASSWORD, maxAge: 60, cookie: { sameSite: 'strict', path: '/shop' } })
    start()
    const ada = comesTo(async (event) => (await useSession(event)).data)
    const [line = ''] = linesOf(await ada.get('/'), 'shop')
    for (const part of ['Path=/shop', 'SameSite=Strict', 'HttpOnly', 'Secure', 'Max-Age=60']) expect(line).toContain(part)
    const other = comesTo(async (event) => (await useSession(event, { name: 'other', cookie: { domain: 'shop.test' } })).data)
    expect(linesOf(await other.get('https://shop.test/'), 'other')[0]).toContain('Domain=shop.test')
  })

  const day = new Date('2096-02-03T04:05:06Z')
  test.each([day, day.toISOString()])('`cookie.expires` is a Date, or its text, as a build keeps it (%s)', async (expires) => {
    const { start } = starting({ password: PASSWORD, cookie: { expires } })
    start()
    const [line] = linesOf(await comesTo(async (event) => (await useSession(event)).data).get('/'))
    expect(line).toContain(`Expires=${day.toUTCString()}`)
  })

  test('texts from the environment are numbers and truth values, as Nitro 2 reads them', async () => {
    const { start } = starting({ password: PASSWORD, maxAge: '60', cookie: { secure: 'false' } })
    start()
    const [line] = linesOf(await comesTo(async (event) => (await useSession(event)).data).get('/'))
    expect(line).toContain('Max-Age=60')
    expect(line).not.toContain('Secure')
  })

  test('a configuration of the whole kind needs no module, and none at all is refused', async () => {
    starting(undefined).start()
    const answers: unknown[] = []
    const ada = comesTo(async (event) => {
      answers.push((await getSession(event, { password: OTHER })).data)
      expect(() => getSession(event)).toThrow('NITRO_SESSION_PASSWORD')
      return 'ok'
    })
    expect((await ada.get('/')).status).toBe(200)
    expect(answers).toEqual([{}])
  })

  test('D10: a copy of it may be passed, which names a store and is none', async () => {
    const store = memoryStore()
    const session = { password: PASSWORD, store: './server/store.ts', maxAge: 60 }
    starting(session, { store }).start()
    const ada = comesTo(
      async (event) => (await (await useSession(event, { ...session })).update({ text: 'x'.repeat(9000) })).data,
    )
    const response = await ada.get('/')
    expect([response.status, linesOf(response)[0]?.length]).toEqual([200, expect.any(Number)])
    expect(linesOf(response)[0]?.length).toBeLessThan(200)
  })

  test('promise 15: `revocations` names a module too, and a copy of the cookie opens nothing after the end', async () => {
    const session = { password: PASSWORD, revocations: './server/revocations.ts', issue: 'when-stored' }
    starting(session, { revocations: () => memoryStore() }).start()
    const page = async (event: H3Event) => {
      if (event.url.pathname === '/in') await updateSession(event, { ...session } as Given, { user: 'ada' })
      if (event.url.pathname === '/out') await clearSession(event)
      return { ...(await getSession(event)).data }
    }
    const ada = comesTo(page)
    const [line = ''] = linesOf(await ada.get('/in'))
    await ada.get('/out')
    const app = new H3().all('/**', page)
    const replayed = app.fetch(new Request('http://site.test/', { headers: { cookie: line.split(';')[0] ?? '' } }))
    expect(await (await replayed).json()).toEqual({})
  })

  test('a frozen configuration stays as it is', async () => {
    const session = Object.freeze({ name: 'h3', password: PASSWORD, cookie: Object.freeze({ path: '/' }) })
    starting(session).start()
    expect((await comesTo(async (event) => (await useSession(event, session)).data).get('/')).status).toBe(200)
  })

  test('all functions take nothing but the event', async () => {
    starting({ password: PASSWORD, issue: 'when-stored' }).start()
    const ada = comesTo(async (event) => {
      if (event.url.pathname === '/out') await clearSession(event)
      else if (event.url.pathname === '/in') await updateSession(event, undefined, { user: 'ada' })
      else if (event.url.pathname === '/rotate') await rotateSession(event)
      const sealed = event.url.pathname === '/seal' ? (await unsealSession(event, undefined, await sealSession(event))).data : {}
      return { ...(await getSession(event)).data, sealed }
    })
    expect(await said(ada.get('/in'))).toEqual({ user: 'ada', sealed: {} })
    expect(await said(ada.get('/rotate'))).toEqual({ user: 'ada', sealed: {} })
    expect(await said(ada.get('/seal'))).toEqual({ user: 'ada', sealed: { user: 'ada' } })
    expect(await said(ada.get('/out'))).toEqual({ sealed: {} })
    expect(ada.cookies()).toEqual([])
  })

  test('the store of the module is made with the first session, once, and not beside a wire', async () => {
    const make = vi.fn(() => memoryStore())
    const session: Record<string, unknown> = { password: PASSWORD, store: './ignored.ts' }
    starting(session, { store: make }).start()
    expect(make).not.toHaveBeenCalled()
    const ada = comesTo(async (event) => (await (await useSession(event)).update({ text: 'x'.repeat(9000) })).data)
    expect(linesOf(await ada.get('/'))[0]?.length).toBeLessThan(200)
    await ada.get('/')
    expect(make).toHaveBeenCalledOnce()
    session.format = 'upstream'
    const bob = comesTo(async (event) => (await (await useSession(event)).update({ user: 'bob' })).data)
    expect(linesOf(await bob.get('/'))[0]).toContain('h3=Fe26.2')
  })
})

describe('the password', () => {
  test.each([
    ['is missing', ''],
    ['has 5 characters only', 'short'],
    ['has 11 characters only', [PASSWORD, 'second-word']],
  ])('that %s stops the start, and the message names the variable', (what, password) => {
    const { start } = starting({ password }, { check: true })
    expect(start).toThrow(what)
    expect(start).toThrow('NITRO_SESSION_PASSWORD')
  })

  test('is asked for by the name that Nuxt gives it too', () => {
    const { start } = starting({ password: '' }, { check: true, nitro: { envPrefix: 'NUXT_' } })
    expect(start).toThrow('NUXT_SESSION_PASSWORD= and what')
    vi.stubEnv('NUXT_SESSION_PASSWORD', PASSWORD)
    expect(start).not.toThrow()
  })

  test('is not asked for while building and prerendering', () => {
    expect(starting({ password: '' }).start).not.toThrow()
  })

  const long = Object.entries(vectors.destr).filter(([text, { type }]) => text.length >= 32 && type === 'string')
  test.each(long)('%s in the environment is the same secret in Nitro 2 and 3', async (text, { value }) => {
    vi.stubEnv('NITRO_SESSION_PASSWORD', text)
    const page = async (event: H3Event) => {
      const session = await useSession(event)
      if (event.url.pathname === '/in') await session.update({ user: 'ada' })
      return session.data
    }
    starting({ password: value }, { check: true }).start() // Nitro 2 reads it with destr
    const ada = comesTo(page)
    await ada.get('/in')
    starting({ password: text }, { check: true }).start() // Nitro 3 leaves it as it is
    expect(await said(ada.get('/'))).toEqual({ user: 'ada' })
    await ada.get('/in')
    starting({ password: value }).start()
    expect(await said(ada.get('/'))).toEqual({ user: 'ada' })
  })

  test.each([
    ['Nitro 2', QUOTED.slice(1, -1), 1],
    ['Nitro 3', QUOTED, 2],
  ] as const)('in quotes opens the old cookies of %s', async (_, password, version) => {
    const sealed = await oldSeal(password, version)
    vi.stubEnv('NITRO_SESSION_PASSWORD', QUOTED)
    for (const read of [QUOTED, QUOTED.slice(1, -1)]) {
      starting({ password: read }, { check: true }).start()
      // Also when a handler copies what it finds.
      for (const config of [undefined, { name: 'h3', password: read }]) {
        const ada = comesTo(async (event) => (await getSession(event, config)).data)
        expect(await said(ada.get('/', { headers: { cookie: `h3=${sealed}` } }))).toEqual({ user: 'ada' })
      }
    }
  })

  test('that a handler names itself is another one', async () => {
    vi.stubEnv('NITRO_SESSION_PASSWORD', PASSWORD)
    starting({ password: PASSWORD }).start()
    const ada = comesTo(async (event) => {
      const config: Partial<SessionConfig> | undefined = event.url.pathname === '/other' ? { password: OTHER } : undefined
      return (await getSession(event, config)).data
    })
    const cookie = `h3=${await oldSeal(PASSWORD, 2)}`
    expect(await said(ada.get('/other', { headers: { cookie } }))).toEqual({})
    expect(await said(ada.get('/', { headers: { cookie } }))).toEqual({ user: 'ada' })
  })
})

/** The cookie that h3 itself sealed. */
async function oldSeal(password: string, version: 1 | 2): Promise<string> {
  let sealed = ''
  if (version === 1) {
    const app = createApp().use(
      eventHandler(async (event) => {
        await (await use1(event, { password })).update({ user: 'ada' })
        sealed = await seal1(event, { password })
        return 'ok'
      }),
    )
    await toWebHandler(app)(new Request('http://site.test/'))
  } else {
    const app = new H3().get('/', async (event) => {
      await (await use2(event, { password })).update({ user: 'ada' })
      sealed = await seal2(event, { password })
      return 'ok'
    })
    await app.fetch(new Request('http://site.test/'))
  }
  return sealed
}

function codeThrown(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return Object(error).code
  }
}

describe('requests within requests', () => {
  /** As `serverFetch` of Nitro 3 does it: the context is copied. */
  const within = (app: H3, event: H3Event, path: string, headers: HeadersInit) => {
    const request = new Request(new URL(path, event.url), { headers })
    return app.fetch(Object.assign(request, { context: { ...event.context } }))
  }

  test('F18: share the session of whoever asked when they present the same, and the cookie arrives', async () => {
    const { start, begin } = starting({ password: PASSWORD })
    start()
    const app = new H3({ onRequest: begin })
    app.get('/count', async (event) => {
      const session = await useSession<{ n: number }>(event)
      await session.update(({ n = 0 }) => ({ n: n + 1 }))
      return { n: session.data.n }
    })
    app.get('/twice', async (event) => within(app, event, '/count', event.req.headers))
    app.get('/', async (event) => {
      const { headers } = event.req
      const answers = await Promise.all(['/count', '/twice'].map((path) => within(app, event, path, headers)))
      return { inner: answers.map((answer) => linesOf(answer).length), n: (await getSession<{ n: number }>(event)).data.n }
    })
    app.get('/as-bob', async (event) => within(app, event, '/count', { cookie: 'h3=bobs' }))
    app.get('/with-header', async (event) =>
      within(app, event, '/count', { ...Object.fromEntries(event.req.headers), 'x-h3-session': 'x' }),
    )
    const ada = visitor(async (request) => app.fetch(request), { follow: false })
    const first = await ada.get('/')
    expect([linesOf(first).length, await said(first)]).toEqual([1, { inner: [0, 0], n: 2 }])
    expect(await said(ada.get('/'))).toEqual({ inner: [0, 0], n: 4 })
    expect(await said(ada.steal().get('/as-bob'))).toEqual({ n: 1 })
    expect(await said(ada.get('/'))).toEqual({ inner: [0, 0], n: 6 })
    expect(await said(ada.get('/with-header'))).toEqual({ n: 7 })
  })

  test.each([
    ['on node:http shares it', true, 1],
    ['elsewhere has one of its own', false, 0],
  ])('D14: what fetchWithEvent asks for %s', async (_, onNode, lines) => {
    const { start, begin } = starting({ password: PASSWORD, issue: 'when-stored' })
    start()
    const app = new H3({ onRequest: begin })
    app.get('/inner', async (event) => {
      await updateSession(event, undefined, { inner: true })
      return 'ok'
    })
    app.get('/', async (event) => (await fetchWithEvent(event, '/inner')).text())
    const response = onNode
      ? await fetch((await serving(toNodeHandler(app) as never)).origin)
      : await app.fetch(new Request('http://site.test/'))
    expect([await response.text(), linesOf(response).length]).toEqual(['ok', lines])
  })

  test('F4: a handler that is asked without the cookies of its context has nobody’s session, which cannot be written', async () => {
    const { start, begin } = starting({ password: PASSWORD })
    start()
    const ada = comesTo(async (event) => {
      const session = await useSession(event)
      if (event.url.pathname === '/in') await session.update({ user: 'ada' })
      if (event.url.pathname !== '/cached') return session.data
      // As Nitro 3 does it: the event goes on with a request that has no cookies.
      Object.assign(event, { req: new Request(event.req.url) })
      const inner = await useSession(event)
      const code = codeThrown(() => inner.update({ leak: true }))
      return { inner: inner.data, code, again: (await getSession(event)).id }
    }, begin)
    await ada.get('/in')
    const response = await ada.get('/cached')
    expect(linesOf(response)).toEqual([])
    expect(await said(response)).toMatchObject({ code: 'TOO_LATE' })
    expect(await said(ada.get('/'))).toEqual({ user: 'ada' })
  })

  test('D15: each attempt to change it throws, and the message names the cache', async () => {
    const { start, begin } = starting({ password: PASSWORD, issue: 'when-stored' })
    start()
    const messages: string[] = []
    const ada = comesTo(async (event) => {
      Object.assign(event, { req: new Request(event.req.url) })
      const [session, view] = [await useSession(event), await getSession(event)]
      const attempts = [
        () => session.update({ a: 1 }),
        () => session.clear(),
        () => session.rotate(),
        () => Object.assign(session.data, { a: 1 }),
        () => delete view.data.a,
        () => updateSession(event, undefined, { a: 1 }),
        () => rotateSession(event),
        () => clearSession(event),
        () => sealSession(event),
      ]
      for (const attempt of attempts) {
        try {
          await attempt()
          messages.push('nothing was thrown')
        } catch (error) {
          messages.push(String(error))
        }
      }
      return [session.id, { ...session.data }, view.createdAt]
    }, begin)
    expect(await said(ada.get('/', { headers: { 'user-agent': 'a browser' } }))).toEqual([null, {}, null])
    expect(messages).toEqual(
      Array.from({ length: 9 }, () => expect.stringContaining('a cached handler is kept for every visitor')),
    )
  })

  test('F4: nor has one whose visitor came without cookies, so that those who ask at once are not told of each other', async () => {
    const { start, begin } = starting({ password: PASSWORD })
    start()
    const bob = comesTo(async (event) => {
      Object.assign(event, { req: new Request(event.req.url) })
      const session = await useSession(event)
      return { code: codeThrown(() => session.update({ leak: true })), ...session.data }
    }, begin)
    const response = await bob.get('/', { headers: { 'user-agent': 'a browser' } })
    expect([linesOf(response), await said(response)]).toEqual([[], { code: 'TOO_LATE' }])
  })

  test('F14: in Nitro 2 a store that fails is answered with 500, also where no response of node waits', async () => {
    quietly()
    const store = { ...memoryStore(), create: () => Promise.reject(new Error('the store is down')) }
    const seen: string[] = []
    const app = createApp({ onBeforeResponse: () => void seen.push('theirs') })
    starting({ password: PASSWORD, issue: 'when-stored' }, { store: () => store }).start(app)
    app.use(
      eventHandler((event: H3Event1) => {
        if (event.path === '/in') updateSession(event, undefined, { user: 'ada' })
        return 'ok'
      }),
    )
    const serve = toWebHandler(app)
    expect((await serve(new Request('http://site.test/in'))).status).toBe(500)
    expect((await serve(new Request('http://site.test/'))).status).toBe(200)
    expect(seen).toHaveLength(2)
  })

  test('F2: in Nitro 2 and 3 what is not awaited is stored before the answer', async () => {
    starting({ password: PASSWORD, issue: 'when-stored' }).start()
    const app = new H3().get('/', (event) => {
      updateSession(event, undefined, { user: 'ada' })
      return 'ok'
    })
    const { origin } = await serving(toNodeHandler(app) as never)
    expect(linesOf(await fetch(origin))).toHaveLength(1)
    const first = createApp()
    starting({ password: PASSWORD, issue: 'when-stored' }).start(first)
    first.use(
      eventHandler((event) => {
        updateSession(event, undefined, { user: 'ada' })
        return 'ok'
      }),
    )
    expect(linesOf(await toWebHandler(first)(new Request('http://site.test/')))).toHaveLength(1)
  })

  test('D10: a WebSocket’s request, which is no event, shows its session and changes nothing', async () => {
    starting({ password: PASSWORD }).start()
    const ada = comesTo(async (event) => void (await updateSession(event, undefined, { user: 'ada' })))
    await ada.get('/')
    const cookie = ada.cookies().map(({ name, value }) => `${name}=${value}`)
    for (const request of [{ headers: new Headers({ cookie: cookie.join('; ') }), context: {} }, { context: {} }]) {
      for (const peer of [request, { request, context: request.context }] as H3EventLike[]) {
        const session = await useSession(peer)
        expect(session.data).toEqual('headers' in request ? { user: 'ada' } : {})
        expect(codeThrown(() => session.update({ user: 'eve' }))).toBe('TOO_LATE')
      }
    }
  })

  test('an event that Nitro did not begin has a session of its own', async () => {
    starting({ password: PASSWORD }).start()
    expect((await getSession(new H3Event(new Request('http://site.test/')))).data).toEqual({})
  })
})

describe('the modules', () => {
  const nitro = (major: 2 | 3, session?: object, more: object = {}): Nitro => ({
    meta: { majorVersion: major },
    options: {
      rootDir: '/site/',
      runtimeConfig: { ...(session && { session }) },
      plugins: ['theirs'],
      virtual: {},
      handlers: [],
      ...more,
    },
    hooks: { hook: () => {} },
  })
  const codeOf = async ({ options }: Nitro, id = '#coatcheck/plugin'): Promise<string> => {
    const code = options.virtual[id]
    return typeof code === 'function' ? code() : (code ?? '')
  }

  test('F20: in Nitro 2 the functions are imported by themselves, and a virtual module imports the package', async () => {
    const site = nitro(2, undefined, { imports: { presets: ['theirs'] } })
    nitroModule.setup(site)
    expect(site.options.runtimeConfig.session).toEqual({ name: '', password: '' })
    expect(site.options.plugins).toEqual(['#coatcheck/plugin', 'theirs'])
    expect(site.options.imports).toEqual({
      presets: [
        'theirs',
        {
          from: expect.stringMatching(/^\/.+\/nitro\/runtime\.js$/),
          imports: expect.arrayContaining(['useSession']),
          priority: 2,
        },
      ],
    })
    expect(await codeOf(site)).toContain(`from 'nitropack/runtime'`)
    expect(await codeOf(site)).toMatch(/import \{ startSessions \} from ".+\/nitro\/runtime\.js"/)
    expect(await codeOf(site)).toContain('check = true && !import.meta.prerender')
    expect(site.options.handlers).toEqual([])
    expect(site.options.externals?.inline?.slice(0, 2)).toEqual(['coatcheck', expect.stringMatching(/^\/.+\/$/)])
  })

  test('in Nitro 3 a middleware waits for the sessions, and without Node the password is not asked for at the start', async () => {
    const site = nitro(3, { name: 'shop', store: './server/store.ts' }, { node: false, imports: false })
    nitroModule.setup(site)
    // With `store`, which the generated types of the configuration would lack otherwise.
    expect(site.options.runtimeConfig.session).toEqual({ name: 'shop', password: '', store: './server/store.ts' })
    expect(await codeOf(site)).toContain('import store from "/site/./server/store.ts"')
    expect(await codeOf(site)).toContain('check = false')
    expect(site.options.handlers).toEqual([{ route: '/**', middleware: true, handler: '#coatcheck/middleware' }])
    expect(await codeOf(site, '#coatcheck/middleware')).toContain('commitSessions()')
  })

  test('D14: Nitro 3.0.0 is refused, and the one to install is named', () => {
    const first = { options: nitro(3).options, routing: {}, hooks: { hook: () => {} } } // it has no `meta`
    expect(() => nitroModule.setup(first)).toThrow(
      expect.objectContaining({
        code: 'BAD_OPTIONS',
        message: expect.stringMatching(/Nitro 3\.0\.0.*npm install nitro@3\.0\.\d{6}-beta/s),
      }),
    )
  })

  test('a store may be named by an alias or a package', async () => {
    const site = nitro(2, { store: '~/store' })
    nitroModule.setup(site)
    expect(await codeOf(site)).toContain('import store from "~/store"')
    expect(await codeOf(site)).not.toContain('revocations')
  })

  test('the module takes the one of `revocations` into the build beside the one of `store`', async () => {
    const site = nitro(3, { store: './server/store.ts', revocations: '~/revocations' })
    nitroModule.setup(site)
    const code = await codeOf(site)
    for (const part of ['/server/store.ts"', 'import revocations from "~/revocations"', 'check, store, revocations }'])
      expect(code).toContain(part)
  })

  test('Nuxt is given the module of Nitro, and the keys of the configuration', () => {
    const config: { modules?: unknown[] } = {}
    const runtimeConfig: Record<string, unknown> = {}
    const hooks = new Map<string, (config: { modules?: unknown[] }) => void>()
    coatcheckNuxt({}, { options: { runtimeConfig }, hook: (name, act) => hooks.set(name, act) })
    runtimeConfig.session = { name: 'shop' } // by a module that comes later
    for (const name of ['modules:done', 'nitro:config']) hooks.get(name)?.(config)
    expect(runtimeConfig).toEqual({ session: { name: 'shop', password: '' } })
    expect(config.modules).toEqual([nitroModule])
  })
})
