import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import connect from 'connect'
import express, { type NextFunction, type Request, type Response } from 'express'
import upstream from 'express-session'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Browser, browser } from '../../../test/helpers/browser.ts'
import { gate } from '../../../test/helpers/gate.ts'
import { memoryStore } from '../../stores/memory.ts'
import { createJar } from '../../testing/jar.ts'
import session, { Cookie, MemoryStore, Session, type SessionOptions, Store } from './express-session.ts'

const SECRET = 'a secret that is long enough for all'
const given: SessionOptions = { secret: SECRET, resave: false, saveUninitialized: false }

interface Mine {
  [key: string]: unknown
  id: string
  cookie: Cookie
  save(done?: (error?: unknown) => void): Mine
  reload(done: (error?: unknown) => void): Mine
  regenerate(done: (error?: unknown) => void): Mine
  destroy(done?: (error?: unknown) => void): Mine
}
type Req = Request & { session: Mine; sessionID: string; sessionStore: Store }
type Act = (req: Req, res: Response, next: NextFunction) => unknown
type Use = (app: { use(middleware: never): unknown }) => void

type Response2 = globalThis.Response

/** An application with these pages, and visitors of it. */
async function site(pages: Record<string, Act>, options: SessionOptions | Use = given, make: () => unknown = express) {
  const app = make() as { use(...args: never[]): unknown; get?: unknown }
  if (typeof options === 'function') options(app as never)
  else app.use(session(options) as never)
  app.use(((req: Req, res: Response, next: NextFunction) => {
    const page = pages[(req.url ?? '').split('?')[0] as string]
    if (page) return Promise.resolve(page(req, res, next)).catch(next)
    next()
  }) as never)
  app.use(((error: Error, _: Req, res: Response, __: NextFunction) => {
    res.statusCode = 599
    res.end(error.message)
  }) as never)
  const server = createServer(app as never).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const visitor = (jar = createJar()): Browser => browser(base, jar)
  return { base, server, visitor }
}

const told = (response: Promise<Response2>): Promise<string> => response.then((each) => each.text())
const count: Act = ({ session: mine }, res) => {
  mine.n = ((mine.n as number | undefined) ?? 0) + 1
  res.end(String(mine.n))
}
const show: Act = ({ session: mine }, res) => res.end(JSON.stringify({ ...mine, cookie: undefined }))
const leave: Act = ({ session: mine }, res) => mine.destroy((error) => res.end(String(error ?? 'gone')))
const signIn: Act = (req, res) =>
  req.session.regenerate(() => {
    req.session.user = 'ada'
    res.end('signed in')
  })

afterEach(() => void vi.restoreAllMocks())

describe.each([
  ['Express 5', express],
  ['Express 4', createRequire(import.meta.url)('express-4') as typeof express],
  ['Connect', connect],
])('on %s', (_, make) => {
  test('a session is remembered, renewed and ended', async () => {
    const { visitor } = await site({ '/count': count, '/show': show, '/in': signIn, '/out': leave }, given, make)
    const eve = visitor()
    expect([await told(eve('/count')), await told(eve('/count'))]).toEqual(['1', '2'])
    const before = eve.cookies
    expect(await told(eve('/in'))).toBe('signed in')
    expect(eve.cookies).not.toEqual(before)
    expect(await told(eve('/show'))).toBe('{"user":"ada"}')
    expect(await told(eve('/out'))).toBe('gone')
    expect(await told(eve('/show'))).toBe('{}')
  })
})

test('32 requests at once, each with a key of its own: all are kept', async () => {
  const kept = async (options: SessionOptions | Use): Promise<number> => {
    const all = gate()
    let waiting = 0
    const { visitor } = await site(
      {
        '/count': count,
        '/set': async ({ session: mine, url }, res) => {
          if (++waiting === 32) all.open()
          await all.pass()
          mine[url.slice('/set?'.length)] = true
          res.end()
        },
        '/show': show,
      },
      options,
    )
    const eve = visitor()
    await eve('/count')
    await Promise.all(Array.from({ length: 32 }, (_, at) => eve(`/set?k${at}`)))
    return Object.keys(JSON.parse(await told(eve('/show')))).length - 1
  }
  expect(await kept(given)).toBe(32)
  const theirs = upstream({ secret: SECRET, resave: false, saveUninitialized: false })
  expect(await kept((app) => void app.use(theirs as never)), 'express-session itself').toBeLessThan(32)
})

test('the secret may be bytes, as for express-session; those of a text are that text', async () => {
  const store = memoryStore()
  const jar = createJar()
  const counted = async (secret: SessionOptions['secret'], mine = jar): Promise<string> => {
    const { visitor } = await site({ '/count': count }, { ...given, store, secret })
    return told(visitor(mine)('/count'))
  }
  expect(await counted(Buffer.from(SECRET))).toBe('1')
  expect(await counted(SECRET)).toBe('2')
  const noText = Buffer.from('fffe00ff80c0fffe00ff80c0fffe00ff80c0', 'hex')
  expect(await counted([noText, SECRET])).toBe('3')
  const other = createJar()
  expect([await counted(noText, other), await counted([SECRET, noText], other)]).toEqual(['1', '2'])
  expect(await counted(SECRET, other)).toContain('a ticket made with')
})

test('F40: a request under way brings no destroyed session back', async () => {
  const late = gate()
  const { visitor } = await site({
    '/in': signIn,
    '/out': leave,
    '/show': show,
    '/slow': async ({ session: mine }, res) => {
      await late.pass()
      mine.late = 1
      res.end()
    },
  })
  const ada = visitor()
  await ada('/in')
  const cookies = ada.cookies.join('; ')
  const slow = ada('/slow')
  await late.reached
  await ada('/out')
  late.open()
  await slow
  expect(await told(visitor()('/show', { headers: { cookie: cookies } }))).toBe('{}')
})

test('a page that read the session is kept out of shared caches, and any other is left alone', async () => {
  const cached: Act = (_, res) => {
    res.setHeader('Cache-Control', 'public, max-age=60')
    res.end()
  }
  const { visitor } = await site({
    '/count': count,
    '/other': cached,
    '/reads': (req, res, next) => [req.session.n, cached(req, res, next)],
  })
  const eve = visitor()
  await eve('/count')
  const [other, reads, stranger] = [await eve('/other'), await eve('/reads'), await visitor()('/reads')]
  expect([other.headers.get('cache-control'), other.headers.get('vary')]).toEqual(['public, max-age=60', null])
  expect([reads.headers.get('cache-control'), reads.headers.get('vary')]).toEqual(['private, max-age=60', 'Cookie'])
  expect([stranger.headers.get('cache-control'), stranger.headers.get('vary')]).toEqual(['public, max-age=60', 'Cookie'])
})

test('a visitor with a cookie of express-session keeps the session, and the old record goes', async () => {
  const store = new upstream.MemoryStore()
  const options = { secret: SECRET, resave: false, saveUninitialized: false, store }
  const before = await site({ '/count': count }, (app) => void app.use(upstream(options) as never))
  const jar = createJar()
  const eve = before.visitor(jar)
  await eve('/count')
  const [old = ''] = eve.cookies
  expect(old).toMatch(/^connect\.sid=s%3A/)
  const after = await site({ '/count': count, '/show': show }, { ...given, store: store as never })
  const again = after.visitor()
  const first = await again('/count', { headers: { cookie: old } })
  expect(await first.text()).toBe('2')
  expect(again.cookies[0]).toMatch(/^connect\.sid=(?!s%3A)/)
  expect(await told(again('/count'))).toBe('3')
  const stored = (store as unknown as { sessions: Record<string, string> }).sessions
  expect(Object.keys(stored).every((key) => /^[0-9a-f]{64}$/.test(key))).toBe(true)
  expect(await told(after.visitor()('/show', { headers: { cookie: old } })), 'whoever still has the old cookie').toBe('{"n":3}')
})

test('F39: a cookie whose maxAge was assigned is sent again, and the session lasts as long', async () => {
  let now = Date.parse('2026-11-22T08:00:00Z')
  vi.useFakeTimers({ now, toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const lines = async (make: typeof session) => {
    const { visitor } = await site(
      {
        '/in': signIn,
        '/show': show,
        '/remember': ({ session: mine }, res) => {
          mine.cookie.maxAge = 30 * 86_400_000
          res.end()
        },
      },
      (app) => app.use(make({ ...given, cookie: { maxAge: 3_600_000 } } as never) as never),
    )
    const ada = visitor()
    await ada('/in')
    const line = (await ada('/remember')).headers.getSetCookie()[0]
    now += 29 * 86_400_000
    vi.setSystemTime(now)
    const there = await told(ada('/show'))
    return [line && Date.parse(/Expires=([^;]+)/.exec(line)?.[1] ?? '') - now + 29 * 86_400_000, there]
  }
  expect(await lines(session)).toEqual([30 * 86_400_000, '{"user":"ada"}'])
  // The record of express-session lives on, and nobody has its cookie any more.
  expect(await lines(upstream as never)).toEqual([undefined, '{}'])
})

test('destroy() takes the cookie away', async () => {
  const { visitor } = await site({ '/count': count, '/out': leave })
  const eve = visitor()
  await eve('/count')
  expect(eve.cookies).toHaveLength(1)
  await eve('/out')
  expect(eve.cookies).toEqual([])
})

test('a Date and a Map come back as they were; an instance of a class as its JSON', async () => {
  class Price {
    readonly amount = 3
    readonly print = () => 'three'
  }
  const { visitor } = await site({
    '/set': ({ session: mine }, res) => {
      Object.assign(mine, { at: new Date(5), map: new Map([[1, 2]]), price: new Price() })
      res.end(String((mine.price as Price).print()))
    },
    '/get': ({ session: mine }, res) =>
      res.end(JSON.stringify([(mine.at as Date).getTime(), (mine.map as Map<number, number>).get(1), mine.price])),
  })
  const eve = visitor()
  expect(await told(eve('/set'))).toBe('three')
  expect(await told(eve('/get'))).toBe('[5,2,{"amount":3}]')
})

test('resave writes nothing that nobody changed, and genid is not asked', async () => {
  const store = memoryStore()
  const update = vi.spyOn(store, 'update')
  const genid = vi.fn(() => 'mine')
  const { visitor } = await site({ '/count': count, '/show': show }, { ...given, resave: true, genid, store })
  const eve = visitor()
  await eve('/count')
  await eve('/show')
  expect(update).not.toHaveBeenCalled()
  expect(genid).not.toHaveBeenCalled()
})

test('a session without maxAge ends a week after it was last used', async () => {
  let now = Date.parse('2026-11-22')
  const { visitor } = await site({ '/count': count }, { ...given, now: () => now })
  const eve = visitor()
  await eve('/count')
  now += 6 * 86_400_000
  expect(await told(eve('/count'))).toBe('2')
  now += 7 * 86_400_000
  expect(await told(eve('/count'))).toBe('1')
})

describe('what middleware of others needs', () => {
  test('F36: the session of before keeps what it held after regenerate() and reload()', async () => {
    const { visitor } = await site({
      '/in': (req, res) => {
        const before = req.session
        before.guest = { cart: ['hat'] }
        before.regenerate(() => res.end(JSON.stringify([before.guest, req.session.guest ?? null, before === req.session])))
      },
    })
    expect(await told(visitor()('/in'))).toBe('[{"cart":["hat"]},null,false]')
  })

  test('F37: a session has its id before it is stored, and keeps it', async () => {
    const { visitor } = await site({
      '/id': ({ session: mine, sessionID }, res) => res.end(`${mine.id} ${sessionID}`),
      '/count': (req, res) => {
        req.session.n = 1
        res.end(`${req.session.id} ${req.sessionID}`)
      },
    })
    const eve = visitor()
    const [one, other] = (await told(eve('/count'))).split(' ')
    expect(one).toMatch(/^[0-9a-f]{64}$/)
    expect(other).toBe(one)
    expect(await told(eve('/id'))).toBe(`${one} ${one}`)
  })

  test('req.session is an instance of Session, and an application may add methods', async () => {
    const { visitor } = await site({
      '/is': ({ session: mine }, res) => {
        mine.save = () => mine
        res.end(JSON.stringify([mine instanceof Session, Object.keys(mine), 'save' in mine, 'user' in mine]))
      },
    })
    expect(await told(visitor()('/is'))).toBe('[true,["cookie","save"],true,false]')
  })

  test('a second session middleware, and requests below another path, are passed by', async () => {
    const { visitor } = await site({ '/count': count, '/app/count': count }, (app) => {
      app.use(session({ ...given, cookie: { path: '/app' } }) as never)
      app.use(session({ ...given, cookie: { path: '/app' }, name: 'second' }) as never)
    })
    const eve = visitor()
    expect(await told(eve('/app/count'))).toBe('1')
    expect((await eve('/app/count')).headers.getSetCookie()).toEqual([])
    expect((await eve('/count')).status).toBe(599)
  })

  test('a Secure cookie is sent over HTTPS alone, as the proxy says it is', async () => {
    const { visitor } = await site({ '/count': count }, { ...given, proxy: true, cookie: { secure: 'auto', sameSite: 'auto' } })
    const lines = async (headers: Record<string, string>) => (await visitor()('/count', { headers })).headers.getSetCookie()[0]
    expect(await lines({})).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/)
    expect(await lines({ 'x-forwarded-proto': 'https, http' })).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=None$/)
    const strict = await site({ '/count': count }, { ...given, cookie: { secure: true } })
    expect((await strict.visitor()('/count', { headers: { 'x-forwarded-proto': 'https' } })).headers.getSetCookie()).toEqual([])
  })
})

describe('what goes wrong', () => {
  test('a store that fails to read reaches next(); one that fails to write, too, and nothing is sent', async () => {
    const store = memoryStore()
    const { visitor } = await site({ '/count': count }, { ...given, store, storeTimeout: 1 })
    const eve = visitor()
    const read = vi.spyOn(store, 'create').mockRejectedValue(new Error('no connection'))
    const failed = await eve('/count')
    expect([failed.status, failed.headers.getSetCookie()]).toEqual([599, []])
    read.mockRestore()
    await eve('/count')
    vi.spyOn(store, 'read').mockRejectedValue(new Error('no connection'))
    expect((await eve('/count')).status).toBe(599)
  })

  test('without a secret, with options that cannot be meant, and with what is no store', async () => {
    const { visitor } = await site({ '/count': count }, { ...given, secret: undefined })
    expect(await told(visitor()('/count'))).toBe('secret option required for sessions')
    expect(() => session({ ...given, secret: [] })).toThrow('secret option array must contain one or more strings')
    expect(() => session({ ...given, genid: 'id' as never })).toThrow('genid option must be a function')
    expect(() => session({ ...given, unset: 'other' as never })).toThrow('unset option must be "destroy" or "keep"')
    expect(() => session({ ...given, store: {} as never })).toThrow('expressStore was given no store of express-session')
    expect(() => session({ ...given, cookie: { maxAge: -1 } })).toThrow('cookie.maxAge')
  })

  test('a method that is called on something else says so', () => {
    expect(() => Session.prototype.save.call({})).toThrow('this is no session of a request')
    expect(() => Session()).toThrow('a session is made by its middleware')
    expect(() => new Store().generate({} as never)).toThrow('has not passed the session middleware')
  })

  test('while its store is not connected, requests have no session', async () => {
    const store = new upstream.MemoryStore()
    const { visitor } = await site(
      { '/has': (req, res) => res.end(String(req.session !== undefined)) },
      { ...given, store: store as never },
    )
    store.emit('disconnect')
    expect(await told(visitor()('/has'))).toBe('false')
    store.emit('connect')
    expect(await told(visitor()('/has'))).toBe('true')
  })
})

test('req.sessionStore finds sessions by req.sessionID, and ends them', async () => {
  const asked = <T>(run: (done: (error: unknown, value: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => run((error, value) => (error ? reject(error) : resolve(value))))
  type Kept = Store & {
    get(sid: string, done: (error: unknown, session?: Mine) => void): void
    all(done: (error: unknown, sessions: Mine[]) => void): void
    length(done: (error: unknown, length: number) => void): void
    set(sid: string, session: object, done: (error: unknown) => void): void
    destroy(sid: string, done: (error: unknown) => void): void
    clear(done: (error: unknown) => void): void
  }
  const held: { store?: Kept } = {}
  const { visitor } = await site({
    '/count': (req, res, next) => {
      held.store = req.sessionStore as unknown as Kept
      count(req, res, next)
    },
    '/id': ({ sessionID }, res) => res.end(sessionID),
    '/in': signIn,
    '/show': show,
  })
  const [eve, ada] = [visitor(), visitor()]
  await eve('/count')
  await ada('/count')
  await ada('/in')
  const store = held.store as Kept
  const id = await told(eve('/id'))
  expect(await asked<Mine | undefined>((done) => store.get(id, done))).toEqual({ cookie: {}, n: 1 })
  expect((await asked<Mine[]>((done) => store.all(done))).map(({ n, user }) => n ?? user)).toEqual(
    expect.arrayContaining([1, 'ada']),
  )
  expect(await asked<number>((done) => store.length(done))).toBe(2)
  await expect(asked((done) => store.set(id, {}, done as never))).rejects.toThrow('Change req.session')
  await asked((done) => store.destroy(id, done as never))
  expect(await told(eve('/show'))).toBe('{}')
  await asked((done) => store.clear(done as never))
  expect(await told(ada('/show'))).toBe('{}')
  expect(await asked<Mine | undefined>((done) => store.get('no such id', done))).toBeUndefined()
})

test('the parts that applications and stores use are there', () => {
  expect([session.Cookie, session.MemoryStore, session.Session, session.Store]).toEqual([Cookie, MemoryStore, Session, Store])
  const cookie = new Cookie({ maxAge: 60_000, domain: 'a.example' })
  expect(cookie.originalMaxAge).toBe(60_000)
  cookie.maxAge = null
  expect([cookie.expires, cookie.originalMaxAge, cookie.data.domain]).toEqual([null, null, 'a.example'])
  expect(() => Object.assign(cookie, { maxAge: 'x' })).toThrow('maxAge must be a number or Date')
  expect(cookie.serialize('sid', 'a b')).toBe('sid=a%20b; Domain=a.example; Path=/; HttpOnly')
})
