import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import upstream from 'koa-session'
import { describe, expect, onTestFinished, test } from 'vitest'
import { gate } from '../../test/helpers/gate.ts'
import { Koa, type KoaContext } from '../../test/helpers/koa.ts'
import { memoryStore } from '../stores/memory.ts'
import { createJar } from '../testing/jar.ts'
import session, { type Session, type SessionOptions } from './koa.ts'

const KEYS = ['a secret that is long enough for all', 'another secret that is long enough']

interface Ctx extends KoaContext {
  session: Session
  sessionOptions: SessionOptions
}
type Act = (ctx: Ctx) => unknown
type Use = (app: InstanceType<typeof Koa>) => void
type Make = (options: object, app: object) => unknown

interface Browser {
  (path: string, init?: RequestInit): Promise<Response>
  readonly cookies: string[]
}

/** An application with these pages, and visitors of it. */
async function site(pages: Record<string, Act>, options: SessionOptions | Use = {}, make: Make = session) {
  const app = new Koa()
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
  const visitor = (jar = createJar()): Browser =>
    Object.defineProperty(
      async (path: string, init: RequestInit = {}) => {
        const cookie = jar.header(base + path)
        const headers = { ...(init.headers as Record<string, string>), ...(cookie && { cookie }) }
        const response = await fetch(base + path, { redirect: 'manual', ...init, headers })
        for (const line of response.headers.getSetCookie()) jar.set(line, base + path)
        return response
      },
      'cookies',
      { get: () => jar.all().map(({ name, value }) => `${name}=${value}`) },
    ) as Browser
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
