import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import upstream from 'koa-session'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Browser, browser } from '../../../test/helpers/browser.ts'
import { gate } from '../../../test/helpers/gate.ts'
import { Koa, Koa2, type KoaContext } from '../../../test/helpers/koa.ts'
import { memoryStore } from '../../stores/memory.ts'
import { createJar } from '../../testing/jar.ts'
import session, { type Session, type SessionOptions } from './koa.ts'

const KEYS = ['a secret that is long enough for all', 'another secret that is long enough']

interface Ctx extends KoaContext {
  session: Session
  sessionOptions: SessionOptions
}
type Act = (ctx: Ctx) => unknown
type Use = (app: InstanceType<typeof Koa>) => void
type Make = (options: object, app: object) => unknown

/** The Koa of the tests that run now. */
let Version = Koa

/** An application with these pages, and visitors of it. */
async function site(pages: Record<string, Act>, options: SessionOptions | Use = {}, make: Make = session) {
  const app = new Version()
  app.silent = true
  app.keys = KEYS
  const errors: Error[] = []
  app.on('error', (error: Error) => void errors.push(error))
  if (typeof options === 'function') options(app)
  else app.use(make(options, app) as never)
  app.use((ctx: Ctx) => pages[ctx.path]?.(ctx))
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const visitor = (jar = createJar()): Browser => browser(base, jar)
  return { app, base, visitor, errors }
}

const told = (response: Promise<Response>): Promise<string> => response.then((each) => each.text())
const count: Act = (ctx) => {
  ctx.session.n = ((ctx.session.n as number | undefined) ?? 0) + 1
  ctx.body = String(ctx.session.n)
}
const show: Act = (ctx) => {
  ctx.body = JSON.stringify(ctx.session)
}
const leave: Act = (ctx) => {
  ctx.session = null as never
  ctx.body = 'gone'
}

/** A store as those that were written for koa-session. */
function upstreamStore() {
  const rows = new Map<string, unknown>()
  const calls: unknown[][] = []
  return {
    rows,
    calls,
    get: async (key: string, ...more: unknown[]) => {
      calls.push(['get', ...more])
      return structuredClone(rows.get(key))
    },
    set: async (key: string, value: unknown, ...more: unknown[]) => {
      calls.push(['set', ...more])
      rows.set(key, structuredClone(value))
    },
    destroy: async (key: string, ...more: unknown[]) => {
      calls.push(['destroy', ...more])
      rows.delete(key)
    },
  }
}

const kinds: [string, () => SessionOptions][] = [
  ['sealed in the cookie', () => ({})],
  ['in a store of ours', () => ({ store: memoryStore() })],
  ['in a store of koa-session', () => ({ store: upstreamStore() })],
]

describe.each([
  ['Koa 3', Koa],
  ['Koa 2', Koa2],
])('%s', (_, each) => {
  beforeEach(() => {
    Version = each
  })

  describe.each(kinds)('%s', (_, options) => {
    test('a session is remembered, given a new id, and ended', async () => {
      const regenerate: Act = async (ctx) => {
        await ctx.session.regenerate()
        ctx.session.user = 'ada'
        ctx.body = 'signed in'
      }
      const { visitor } = await site({ '/count': count, '/show': show, '/in': regenerate, '/out': leave }, options())
      const eve = visitor()
      expect([await told(eve('/count')), await told(eve('/count'))]).toEqual(['1', '2'])
      const before = eve.cookies
      expect(await told(eve('/in'))).toBe('signed in')
      expect(eve.cookies).toHaveLength(1)
      expect(eve.cookies).not.toEqual(before)
      expect(await told(eve('/show'))).toBe('{"n":2,"user":"ada"}')
      expect(await told(eve('/out'))).toBe('gone')
      expect(eve.cookies).toEqual([])
      expect(await told(eve('/show'))).toBe('{}')
    })

    test('F53: what was stored before a throw, or with `ctx.respond = false`, reaches the browser', async () => {
      const { visitor } = await site(
        {
          '/401': (ctx) => {
            ctx.session.flash = 'denied'
            ctx.throw(401, 'no', { headers: { 'x-a': '1' } })
          },
          '/500': (ctx) => {
            ctx.session.tried = true
            throw new Error('boom')
          },
          '/raw': (ctx) => {
            ctx.session.raw = true
            ctx.respond = false
            ctx.res.writeHead(200)
            ctx.res.end('raw')
          },
          '/show': show,
        },
        options(),
      )
      const eve = visitor()
      const denied = await eve('/401')
      expect([denied.status, denied.headers.get('x-a'), eve.cookies.length]).toEqual([401, '1', 1])
      expect((await eve('/500')).status).toBe(500)
      expect(await told(eve('/raw'))).toBe('raw')
      expect(await told(eve('/show'))).toBe('{"flash":"denied","tried":true,"raw":true}')
    })

    test('a page that read the session is kept out of shared caches, and any other is left alone', async () => {
      const plain: Act = (ctx) => {
        ctx.body = 'plain'
      }
      const { visitor } = await site({ '/count': count, '/show': show, '/plain': plain }, options())
      const eve = visitor()
      const looks = async (path: string) => {
        const { headers } = await eve(path)
        return [headers.get('vary'), headers.get('cache-control'), headers.getSetCookie().length]
      }
      expect(await looks('/plain')).toEqual([null, null, 0])
      expect(await looks('/show')).toEqual(['Cookie', null, 0])
      expect(await looks('/count')).toEqual(['Cookie', 'no-store', 1])
      expect(await looks('/show')).toEqual(['Cookie', 'private, no-cache', 0])
      expect(await looks('/plain')).toEqual([null, null, 0])
    })
  })

  describe.each(kinds.slice(1))('parallel requests, %s', (_, options) => {
    test('32 requests at once, each with a key of its own: all are kept', async () => {
      const kept = async (given: object, make: Make = session): Promise<number> => {
        const all = gate()
        let waiting = 0
        const { visitor } = await site(
          {
            '/count': count,
            '/set': async (ctx) => {
              if (++waiting === 32) all.open()
              await all.pass()
              ctx.session[ctx.querystring] = true
              ctx.body = ''
            },
            '/show': show,
          },
          given as SessionOptions,
          make,
        )
        const eve = visitor()
        await eve('/count')
        await Promise.all(Array.from({ length: 32 }, (_, n) => eve(`/set?k${n}`)))
        return Object.keys(JSON.parse(await told(eve('/show')))).filter((key) => key.startsWith('k')).length
      }
      expect(await kept(options())).toBe(32)
      expect(await kept({ store: upstreamStore() }, upstream as Make)).toBe(1)
    })

    test('F40: a request under way brings no ended session back', async () => {
      const run = async (given: object, make: Make): Promise<string> => {
        const [begun, go] = [gate(), gate()]
        const { visitor } = await site(
          {
            '/count': count,
            '/slow': async (ctx) => {
              begun.open()
              await go.pass()
              ctx.session.late = true
              ctx.body = ''
            },
            '/out': leave,
            '/show': show,
          },
          given as SessionOptions,
          make,
        )
        const eve = visitor()
        await eve('/count')
        const cookies = eve.cookies.join('; ')
        const slow = eve('/slow')
        await begun.pass()
        await eve('/out')
        go.open()
        await slow
        return told(visitor()('/show', { headers: { cookie: cookies } }))
      }
      expect(await run(options(), session)).toBe('{}')
      expect(await run({ store: upstreamStore() }, upstream as Make)).toBe('{"n":1,"late":true}')
    })
  })

  describe('cookies and records of koa-session', () => {
    test.each(['sealed', 'stored'])('a visitor with a cookie of koa-session keeps the session (%s)', async (kind) => {
      const store = kind === 'stored' ? upstreamStore() : undefined
      const pages = { '/count': count, '/show': show }
      const old = await site(pages, store ? { store } : {}, upstream as Make)
      const now = await site(pages, store ? { store } : {})
      const jar = createJar()
      await old.visitor(jar)('/count')
      const keys = [...(store?.rows.keys() ?? [])]
      expect(jar.all().map(({ name }) => name)).toEqual(['koa.sess', 'koa.sess.sig'])
      // The port tells no two sites apart (RFC 6265 8.5).
      const eve = now.visitor(jar)
      expect(await told(eve('/show'))).toBe('{"n":1}')
      expect(jar.all()).toHaveLength(2)
      expect(await told(eve('/count'))).toBe('2')
      expect(jar.all().map(({ name }) => name)).toEqual(['koa.sess'])
      expect(await told(eve('/show'))).toBe('{"n":2}')
      if (store) expect([...store.rows.keys()]).not.toEqual(expect.arrayContaining(keys))
    })

    test('one that was not signed by a key of ours opens nothing', async () => {
      const value = btoa(JSON.stringify({ n: 7, _expire: Date.now() + 1000, _maxAge: 1000 }))
      const { visitor } = await site({ '/show': show })
      const cookie = `koa.sess=${value}; koa.sess.sig=${'A'.repeat(27)}`
      expect(await told(visitor()('/show', { headers: { cookie } }))).toBe('{}')
    })
  })

  describe('the options', () => {
    test('the keys are a list, or a Keygrip beside `secrets`', async () => {
      const keygrip = { sign: () => 'sig', verify: (_: string, mac: string) => mac === 'right', index: () => 0 }
      const use =
        (options: SessionOptions, keys: unknown): Use =>
        (app) => {
          app.keys = keys
          app.use(session(options, app))
        }
      const of = async (options: SessionOptions, keys: unknown, cookie = '') => {
        const { visitor, errors } = await site({ '/show': show }, use(options, keys))
        const text = await told(visitor()('/show', { headers: { cookie } }))
        return [text, errors.map(({ message }) => message)]
      }
      const old = `koa.sess=${btoa('{"n":1}')}; koa.sess.sig=`
      expect(await of({ secrets: KEYS }, keygrip, `${old}right`)).toEqual(['{"n":1}', []])
      expect(await of({ secrets: KEYS }, keygrip, `${old}wrong`)).toEqual(['{}', []])
      expect(await of({}, keygrip)).toEqual(['Internal Server Error', [expect.stringContaining('app.keys is a Keygrip')]])
      for (const keys of [undefined, []])
        expect(await of({}, keys)).toEqual(['Internal Server Error', ['.keys required for signed cookies']])
      expect(await of({ signed: false, secrets: KEYS }, undefined, old)).toEqual(['{"n":1}', []])
    })

    test('wrong ones are refused in the words of koa-session', () => {
      const app = new Version()
      const make = (options: object) => () => session(options as SessionOptions, app)
      expect(() => session({}, {})).toThrow('app instance required: `session(opts, app)`')
      expect(make({ store: { get: 1 } })).toThrow('store.get must be function')
      expect(make({ externalKey: {} })).toThrow('externalKey.get must be function')
      expect(make({ ContextStore: {} })).toThrow('ContextStore must be a class')
      expect(make({ ContextStore: class {} })).toThrow('ContextStore.prototype.get must be function')
      for (const options of [{ key: 1 }, { rolling: 'yes' }, { maxAge: -1 }, { maxAge: 1e15 }, { maxAge: '1d' }, { valid: true }])
        expect(make(options), JSON.stringify(options)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    })

    test('both orders of the arguments, and app alone', async () => {
      const orders: Use[] = [
        (app) => app.use(session(app)),
        (app) => app.use(session(app, { key: 'sid' })),
        (app) => app.use(session({ key: 'sid' }, app)),
        (app) => app.use(session(undefined, app)),
      ]
      const names = orders.map(async (use) => {
        const eve = (await site({ '/count': count }, use)).visitor()
        await eve('/count')
        return eve.cookies.map((cookie) => cookie.split('=')[0])
      })
      expect(await Promise.all(names)).toEqual([['koa.sess'], ['sid'], ['sid'], ['koa.sess']])
    })

    test('genid and encode are not asked; prefix stands before the keys of a store', async () => {
      const store = upstreamStore()
      const never = () => expect.unreachable()
      const keys: unknown[] = []
      const look: Act = (ctx) => {
        ctx.session.n = 1
        keys.push(ctx.session.externalKey)
        ctx.body = ''
      }
      const { visitor } = await site({ '/look': look }, { store, genid: never, encode: never, prefix: 'shop:' })
      const eve = visitor()
      await eve('/look')
      await eve('/look')
      const rows = [...store.rows.keys()]
      expect(rows).toEqual([expect.stringMatching(/^shop:/)])
      expect(keys[0]).toBe(keys[1])
      expect(await told(visitor()('/look', { headers: { cookie: `koa.sess=${keys[0]}` } }))).toBe('')
      expect(new Set(keys).size).toBe(2)
      expect(eve.cookies.join()).not.toContain(String(rows[0]).slice('shop:'.length))
    })

    test('a store is handed how long to keep a record, and the context where each request has its own', async () => {
      const seen: unknown[] = []
      const shared = upstreamStore()
      class ContextStore {
        readonly #ctx: object
        constructor(ctx: object) {
          this.#ctx = ctx
        }
        get = (key: string) => shared.get(key, this.#ctx)
        set = (key: string, value: unknown, maxAge: unknown, options: { ctx: object }) => {
          seen.push([maxAge, options.ctx === this.#ctx])
          return shared.set(key, value)
        }
        destroy = (key: string) => shared.destroy(key)
      }
      Object.assign(ContextStore.prototype, { get() {}, set() {}, destroy() {} })
      const now = Date.now()
      const events: string[] = []
      const options = {
        ContextStore,
        maxAge: 60_000,
        now: () => now,
        onEvent: ({ type }: { type: string }) => void events.push(type),
      }
      const { visitor } = await site({ '/count': count }, options as SessionOptions)
      const eve = visitor()
      expect([await told(eve('/count')), await told(eve('/count'))]).toEqual(['1', '2'])
      expect(seen).toEqual([
        [70_000, true],
        [70_000, true],
      ])
      expect(events.filter((type) => type === 'weaker-store')).toHaveLength(1)
    })

    test('externalKey: the ticket travels where the application puts it, and no cookie is sent', async () => {
      const externalKey = {
        get: (ctx: Ctx) => ctx.headers['x-ticket'] as string | undefined,
        set: (ctx: Ctx, ticket: string) => void ctx.res.setHeader('x-ticket', ticket),
      }
      const { visitor } = await site({ '/count': count, '/show': show }, { store: memoryStore(), externalKey } as SessionOptions)
      const eve = visitor()
      const response = await eve('/count')
      const ticket = response.headers.get('x-ticket') ?? ''
      expect([response.headers.getSetCookie(), ticket.length > 30]).toEqual([[], true])
      expect(await told(eve('/count', { headers: { 'x-ticket': ticket } }))).toBe('2')
      expect(await told(eve('/show'))).toBe('{}')
    })

    test('a session that `valid` refuses is left as it is, and told of', async () => {
      const options = (valid: boolean) => ({ store: upstreamStore(), valid: () => valid })
      const lenient = options(true)
      const pages = { '/count': count, '/show': show }
      const first = await site(pages, lenient)
      const strict = await site(pages, { ...lenient, valid: () => false })
      const told1: unknown[] = []
      strict.app.on('session:invalid', (({ value }: { value: unknown }) => void told1.push(value)) as never)
      const jar = createJar()
      await first.visitor(jar)('/count')
      expect(await told(strict.visitor(jar)('/show'))).toBe('{}')
      expect(told1).toEqual([{ n: 1 }])
      expect(await told(first.visitor(jar)('/show'))).toBe('{"n":1}')
    })

    test('autoCommit: false stores what is asked for, and nothing else', async () => {
      const pages: Record<string, Act> = {
        '/set': (ctx) => {
          ctx.session.lost = true
          ctx.body = ''
        },
        '/commit': async (ctx) => {
          ctx.session.kept = true
          await ctx.session.manuallyCommit()
          ctx.session.lost = true
          ctx.body = ''
        },
        '/show': show,
      }
      const { visitor } = await site(pages, { autoCommit: false, store: memoryStore() })
      const eve = visitor()
      await eve('/set')
      expect(eve.cookies).toEqual([])
      await eve('/commit')
      await eve('/set')
      expect(await told(eve('/show'))).toBe('{"kept":true}')
    })

    test('callbacks are told, and then nothing is returned', async () => {
      const heard: unknown[] = []
      const pages: Record<string, Act> = {
        '/save': async (ctx) => {
          const { session: mine } = ctx
          for (const call of [mine.save, mine.regenerate, mine.commit])
            await new Promise<void>((resolve) => {
              heard.push(call.call(mine, ((error?: unknown) => resolve(void heard.push(error))) as never))
            })
          ctx.body = ''
        },
      }
      await (await site(pages)).visitor()('/save')
      expect(heard).toEqual(Array.from({ length: 6 }))
    })
  })

  test('what reads the session before its middleware is told so', async () => {
    const { visitor, errors } = await site({ '/count': count }, (app) => {
      app.use((ctx: Ctx, next) => {
        ctx.session.before = true
        return next()
      })
      app.use(session(app))
    })
    expect(await told(visitor()('/count'))).toBe('Internal Server Error')
    expect(errors.map(({ message }) => message)).toEqual([
      'coatcheck: ctx.session was read before its middleware. Put app.use(session(…)) before what reads it.',
    ])
  })

  test('a Date and a Map come back as they were', async () => {
    const date = new Date(0)
    const pages: Record<string, Act> = {
      '/set': (ctx) => {
        Object.assign(ctx.session, { date, map: new Map([[1, date]]) })
        ctx.body = ''
      },
      '/get': (ctx) => {
        ctx.body = [ctx.session.date instanceof Date, ctx.session.map instanceof Map].join()
      },
    }
    const { visitor } = await site(pages)
    const eve = visitor()
    await eve('/set')
    expect(await told(eve('/get'))).toBe('true,true')
  })

  test('a sealed session that is too long for a cookie is an error', async () => {
    const { visitor, errors } = await site({
      '/long': (ctx) => {
        ctx.session.long = 'x'.repeat(5000)
        ctx.body = ''
      },
    })
    const eve = visitor()
    expect((await eve('/long')).status).toBe(500)
    expect(errors[0]).toMatchObject({ code: 'COOKIE_TOO_LARGE', message: expect.stringContaining('long') })
    expect(eve.cookies).toEqual([])
  })

  test('a session until the browser closes ends when nobody used it for a week', async () => {
    const day = 86_400_000
    let now = Date.now()
    const { visitor } = await site(
      { '/count': count, '/show': show },
      { maxAge: 'session', store: memoryStore(), now: () => now },
    )
    const eve = visitor()
    await eve('/count')
    now += 5 * day
    expect(await told(eve('/show'))).toBe('{"n":1}')
    now += 5 * day
    expect(await told(eve('/show'))).toBe('{"n":1}')
    now += 8 * day
    expect(await told(eve('/show'))).toBe('{}')
  })

  test('a session that is only read ends `maxAge` after its last change, unless `renew` or `rolling` says otherwise', async () => {
    const left = async (options: SessionOptions) => {
      let now = Date.now()
      const { visitor } = await site(
        { '/count': count, '/show': show },
        { maxAge: 1000_000, store: memoryStore(), now: () => now, ...options },
      )
      const jar = createJar({ now: () => 0 })
      const eve = visitor(jar)
      await eve('/count')
      for (let n = 0; n < 3; n++) {
        now += 600_000
        await eve('/show')
      }
      return told(eve('/show'))
    }
    expect([await left({}), await left({ renew: true }), await left({ rolling: true })]).toEqual(['{}', '{"n":1}', '{"n":1}'])
  })

  test('what a middleware outside changes is stored', async () => {
    const { visitor } = await site({ '/count': count, '/show': show }, (app) => {
      app.use(async (ctx: Ctx, next) => {
        await next()
        if (ctx.path === '/count') ctx.session.outside = true
      })
      app.use(session({ store: memoryStore() }, app))
    })
    const eve = visitor()
    await eve('/count')
    expect(await told(eve('/show'))).toBe('{"n":1,"outside":true}')
  })

  test('a store that fails is an error of the middleware, which one outside can answer', async () => {
    const store = { ...upstreamStore(), set: () => Promise.reject(new Error('down')) }
    const { visitor, errors } = await site({ '/count': count }, (app) => {
      app.use(async (ctx: Ctx, next) => {
        try {
          await next()
        } catch (error) {
          ctx.status = 503
          ctx.body = (error as { code?: string }).code
        }
      })
      app.use(session({ store }, app))
    })
    const response = await visitor()('/count')
    expect([response.status, await response.text(), errors]).toEqual([503, 'STORE_FAILED', []])
  })

  test('the object of a session that was replaced goes on showing what it held', async () => {
    const { visitor } = await site({
      '/swap': (ctx) => {
        const { session: old } = ctx
        old.a = { deep: 1 }
        ctx.session = { b: 2 } as never
        old.late = true
        ctx.body = [JSON.stringify(old), JSON.stringify(ctx.session)].join()
      },
      '/show': show,
    })
    const eve = visitor()
    expect(await told(eve('/swap'))).toBe('{"a":{"deep":1},"late":true},{"b":2}')
    expect(await told(eve('/show'))).toBe('{"b":2}')
  })

  test('only null and objects can be assigned', async () => {
    const { visitor, errors } = await site({
      '/': (ctx) => {
        ctx.session = 'x' as never
      },
    })
    expect((await visitor()('/')).status).toBe(500)
    expect(errors.map(({ message }) => message)).toEqual(['this.session can only be set as null or an object.'])
  })
})
