import { getRequestListener } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { compress } from 'hono/compress'
import { deleteCookie, setCookie } from 'hono/cookie'
import { cors } from 'hono/cors'
import { etag } from 'hono/etag'
import { HTTPException } from 'hono/http-exception'
import { methodOverride } from 'hono/method-override'
import { secureHeaders } from 'hono/secure-headers'
import { stream, streamSSE } from 'hono/streaming'
import type { StatusCode } from 'hono/utils/http-status'
import { describe, expect, test } from 'vitest'
import { type Adapter, codeOf, type Kind, type TicketResponse } from '../../test/helpers/adapter.ts'
import { oursIn, quietly, tellStories } from '../../test/helpers/adapter-stories.ts'
import { gate } from '../../test/helpers/gate.ts'
import { serving } from '../../test/helpers/serving.ts'
import { SECRET } from '../../test/helpers/site.ts'
import { type Watched, watched } from '../../test/helpers/watched.ts'
import { createSessions, type Sessions } from '../core/sessions.ts'
import { memoryStore } from '../stores/memory.ts'
import { type Visitor, visitor } from '../testing/visitor.ts'
import { withSession as viaFetch } from './fetch.ts'
import { withSession } from './hono.ts'

function respond(c: Context, { status = 200, headers = [], body = '', redirect }: TicketResponse): Response {
  for (const [name, value] of headers) c.header(name, value, { append: true })
  if (redirect !== undefined) return c.redirect(redirect, 303)
  c.status(status as StatusCode)
  if (status === 304) return c.body(null)
  if (typeof body === 'string') return c.body(body)
  return stream(c, async (out) => {
    for await (const piece of body) await out.write(piece)
  })
}

const adapter: Adapter = {
  name: 'Hono',
  answersThrows: true,
  listener(handle, sessions) {
    const app = new Hono()
    for (const each of sessions) app.use(withSession(each))
    app.all('*', async (c) => respond(c, await handle({ request: c, path: c.req.path })))
    return getRequestListener(app.fetch)
  },
}
tellStories(adapter)

interface Shop {
  readonly sessions: Sessions
  readonly watch: Watched
  /** Serves this, and somebody comes who has a session already, in which `name` is `ada`. */
  opens(app: Hono): Promise<Visitor & { knows(): Promise<Record<string, unknown>> }>
}

function shop(kind: Kind = 'stored'): Shop {
  const watch = watched(memoryStore())
  const sessions = createSessions({ secrets: SECRET, ...(kind === 'stored' && { store: watch.store }) })
  const lobby = new Hono().use(withSession(sessions)).get('/lobby/:way?', async (c) => {
    const session = await sessions.open(c)
    if (c.req.param('way') === 'in') session.set('name', 'ada')
    return c.json(session.data)
  })
  return {
    sessions,
    watch,
    async opens(app) {
      const { origin } = await serving(
        getRequestListener((request) => (new URL(request.url).pathname.startsWith('/lobby') ? lobby : app).fetch(request)),
      )
      const ada = visitor(origin, { follow: false })
      await ada.get('/lobby/in')
      watch.forget()
      return { ...ada, knows: async () => (await ada.get('/lobby')).json() }
    },
  }
}

const names = (response: Response): unknown[] => response.headers.getSetCookie().map((line) => line.split('=', 1)[0])

describe('an application in parts', () => {
  test.each<Kind>(['sealed', 'stored'])(
    'has one %s session, in sub-applications and when the adapter is there twice',
    async (kind) => {
      const { sessions, watch, opens } = shop(kind)
      const orders = new Hono().use(withSession(sessions)).get('/:id', async (c) => {
        ;(await sessions.open(c)).set('order', c.req.param('id'))
        return c.text('ok')
      })
      const app = new Hono()
        .use(withSession(sessions))
        .use(async (c, next) => {
          await next()
          const session = await sessions.open(c)
          session.set('seen', `${session.get('order')} ${c.res.status}`)
        })
        .route('/orders', orders)
      const ada = await opens(app)
      expect((await ada.get('/orders/7')).status).toBe(200)
      expect(watch.calls).toEqual(kind === 'sealed' ? [] : ['read', 'update', 'update'])
      expect(await ada.knows()).toEqual({ name: 'ada', order: '7', seen: '7 200' })
      const eve = visitor(ada.origin)
      expect(oursIn(await eve.get('/orders/8'))).toHaveLength(1)
      expect(await (await eve.get('/lobby')).json()).toEqual({ order: '8', seen: '8 200' })
    },
  )

  test('has a session in its page for what is not found', async () => {
    const { sessions, opens } = shop()
    const app = new Hono().use(withSession(sessions)).notFound(async (c) => {
      ;(await sessions.open(c)).update('missed', (paths) => [...((paths as string[]) ?? []), c.req.path])
      return c.text('not here', 404)
    })
    const ada = await opens(app)
    expect((await ada.get('/nowhere')).status).toBe(404)
    expect(await ada.knows()).toEqual({ name: 'ada', missed: ['/nowhere'] })
  })

  test('may mount a handler that has an adapter of its own', async () => {
    const { sessions, opens } = shop()
    const old = viaFetch(sessions, async (request) => {
      ;(await sessions.open(request)).set('old', new URL(request.url).pathname)
      return new Response('ok', { headers: { 'Set-Cookie': 'a=1' } })
    })
    const ada = await opens(new Hono().use(withSession(sessions)).mount('/old', old))
    expect(names(await ada.get('/old/part'))).toEqual(['a'])
    expect(await ada.knows()).toEqual({ name: 'ada', old: '/part' })
  })

  test('opens by its context and by what is inside it, whatever a middleware puts there, and for two kinds of sessions', async () => {
    const { sessions, opens } = shop()
    const basket = createSessions({ secrets: SECRET, cookie: { name: '__Host-basket' } })
    const app = new Hono()
      .use(withSession(sessions), withSession(basket))
      .use(bodyLimit({ maxSize: 1000 }))
      .post('/', async (c) => {
        const arrived = c.req.raw
        c.req.raw = new Request(arrived.clone(), { headers: { 'x-mine': 'yes' } })
        const forms = [c, c.req, c.req.raw, arrived, c.req.raw.clone(), arrived.clone().clone()]
        const opened = await Promise.all(forms.flatMap((each) => [sessions.open(each), basket.open(each)]))
        opened.forEach((session, at) => {
          session.set(`key${at}`, at)
        })
        return c.json([new Set(opened).size, c.req.header('x-mine')])
      })
    const ada = await opens(app)
    const response = await ada.post('/', { name: 'form' })
    expect([await response.json(), names(response)]).toEqual([[2, 'yes'], ['__Host-basket']])
    expect(Object.keys(await ada.knows())).toEqual(['name', 'key0', 'key2', 'key4', 'key6', 'key8', 'key10'])
  })

  test('gives no visitor the session of another for a request that is used again', async () => {
    const { sessions } = shop()
    const app = new Hono().use(withSession(sessions)).get('/', async (c) => {
      const session = await sessions.open(c.req.raw)
      return c.text(String(session.update('n', (n) => Number(n ?? 0) + 1)))
    })
    const request = new Request('https://app.test/')
    const answers = [await app.fetch(request), await app.fetch(request)]
    expect(await Promise.all(answers.map((response) => response.text()))).toEqual(['1', '1'])
    expect(new Set(answers.map((response) => response.headers.getSetCookie()[0])).size).toBe(2)
  })

  test('says how it is opened where its adapter is missing', async () => {
    const { sessions } = shop()
    const app: Hono = new Hono().get('/', async (c) => {
      const why = (given: never): Promise<unknown> => sessions.open(given).catch((error) => [error.code, error.fix])
      return c.json([await why(c as never), await why(c.req as never), await why(app as never)])
    })
    const adapter = ['NOT_WRAPPED', expect.stringContaining('coatcheck/hono')]
    expect(await (await app.request('/')).json()).toEqual([
      adapter,
      adapter,
      ['NOT_WRAPPED', expect.stringContaining('inside a handler')],
    ])
  })
})

describe('its ways to answer', () => {
  const answers: Record<string, (c: Context) => Response | Promise<Response>> = {
    text: (c) => c.text('ok', 201),
    json: (c) => c.json({}, 201, { 'X-Own': '1' }),
    html: (c) => c.html('<p>ok</p>'),
    redirect: (c) => c.redirect('/next'),
    nothing: (c) => c.body(null, 204),
    bytes: (c) => c.body(new Uint8Array([1, 2])),
    'a stream': (c) => c.body(new Response('streamed').body ?? ''),
    'its own response': () => new Response('ok', { headers: { 'X-Own': '1', 'Content-Type': 'text/plain' } }),
    'a frozen response': () => Response.redirect('http://a/'),
  }
  test.each(Object.entries(answers))('%s: the same with a session, but for its own headers', async (_, answer) => {
    const { sessions, opens } = shop('sealed')
    const bare = new Hono().get('/', (c) => {
      setCookie(c, 'theme', 'dark')
      deleteCookie(c, 'old')
      return answer(c)
    })
    const app = new Hono().use(withSession(sessions)).get('/', async (c) => {
      ;(await sessions.open(c)).set('seen', true)
      setCookie(c, 'theme', 'dark')
      deleteCookie(c, 'old')
      return answer(c)
    })
    const ada = await opens(app)
    const [without, response] = [
      await visitor((await serving(getRequestListener(bare.fetch))).origin, { follow: false }).get('/'),
      await ada.get('/'),
    ]
    // The last two are how the server frames a body, which depends on whether it has it whole.
    const caching = ['cache-control', 'vary', 'x-accel-expires']
    const ignored = ['set-cookie', ...caching, 'date', 'content-length', 'transfer-encoding']
    const facts = async ({ status, headers, ...rest }: Response, body: string) => [
      status,
      [...headers].filter(([name]) => !ignored.includes(name)),
      body,
      rest,
    ]
    expect(await facts(response, await response.text())).toEqual(await facts(without, await without.text()))
    expect(names(response).slice(0, -1)).toEqual(names(without))
    expect(oursIn(response)).toHaveLength(1)
    expect(await ada.knows()).toEqual({ name: 'ada', seen: true })
  })

  test('a response object that a handler gives to everybody hands nobody the ticket of another', async () => {
    const { sessions, opens } = shop()
    const done = new Response(null, { status: 204 })
    const app = new Hono()
      .use(withSession(sessions))
      .get('/in', async (c) => {
        ;(await sessions.open(c)).signIn('ada')
        return done
      })
      .get('/', () => done)
    const ada = await opens(app)
    expect(oursIn(await ada.get('/in'))).toHaveLength(1)
    const response = await visitor(ada.origin).get('/')
    expect([response.headers.getSetCookie(), response.headers.get('vary')]).toEqual([[], null])
  })

  test('what another server answered', async () => {
    const { origin } = await serving(
      (_req, res) => void res.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']).end('behind'),
    )
    const { sessions, opens } = shop('sealed')
    const app = new Hono().use(withSession(sessions)).get('/', async (c) => {
      ;(await sessions.open(c)).set('proxied', true)
      return fetch(origin)
    })
    const ada = await opens(app)
    const response = await ada.get('/')
    expect([await response.text(), names(response)]).toEqual(['behind', ['a', 'b', '__Host-Http-session']])
    expect(await ada.knows()).toEqual({ name: 'ada', proxied: true })
  })
})

describe('server-sent events', () => {
  test.each<[Kind, string, object]>([
    ['stored', 'data: first\n\ndata: second\n\n', { name: 'ada', early: 1, late: 2 }],
    ['sealed', 'data: first\n\ndata: TOO_LATE\n\n', { name: 'ada', early: 1 }],
  ])('can change a %s session as long as its ticket stays the same', async (kind, events, known) => {
    const { sessions, watch, opens } = shop(kind)
    const [left, stored] = [gate(), Promise.withResolvers<void>()]
    const app = new Hono().use(withSession(sessions)).get('/', async (c) => {
      const session = await sessions.open(c)
      return streamSSE(c, async (out) => {
        session.set('early', 1) // the handler has not returned yet
        await out.writeSSE({ data: 'first' })
        await left.pass()
        try {
          session.set('late', 2)
          await out.writeSSE({ data: 'second' })
        } catch (error) {
          await out.writeSSE({ data: codeOf(error) })
        }
      })
    })
    const ada = await opens(app)
    let updates = 0
    watch.after = (call) => (call === 'update' && ++updates === 2 ? stored.resolve() : undefined)
    const response = await ada.get('/')
    const { headers } = response
    expect([headers.get('content-type'), headers.get('vary')]).toEqual(['text/event-stream', 'Cookie'])
    expect(headers.get('cache-control')).toBe(kind === 'sealed' ? 'no-store' : 'private, no-cache')
    left.open()
    expect(await response.text()).toBe(events)
    if (kind === 'stored') await stored.promise
    expect(await ada.knows()).toEqual(known)
  })
})

describe('what a handler throws', () => {
  test.each([302, 401, 404, 500] as const)('changes nothing, also when it is an answer of %i', async (status) => {
    const { sessions, watch, opens } = shop()
    const app = new Hono().use(withSession(sessions)).get('/', async (c) => {
      const session = await sessions.open(c)
      session.signIn('mallory')
      throw new HTTPException(status as 401, { message: 'no' })
    })
    const ada = await opens(app)
    const response = await ada.get('/')
    expect([response.status, response.headers.getSetCookie(), watch.writes]).toEqual([status, [], 0])
    expect(response.headers.get('cache-control')).toBe('private, no-cache')
    expect(await ada.knows()).toEqual({ name: 'ada' })
  })

  test.each<Kind>(['sealed', 'stored'])(
    'is an answer when it is an HTTPException that brings its own response, below 500 (%s)',
    async (kind) => {
      const { sessions, opens } = shop(kind)
      const app = new Hono().use(withSession(sessions)).get('/:status', async (c) => {
        ;(await sessions.open(c)).set('name', 'bob')
        const status = Number(c.req.param('status')) as 302
        throw new HTTPException(status, { res: new Response(null, { headers: { location: '/next' } }) })
      })
      const ada = await opens(app)
      expect((await ada.get('/503')).status).toBe(503)
      expect(await ada.knows()).toEqual({ name: 'ada' })
      const response = await ada.get('/302')
      expect([response.status, response.headers.get('location')]).toEqual([302, '/next'])
      expect(await ada.knows()).toEqual({ name: 'bob' })
    },
  )

  test('is the failure that app.onError makes of such an answer', async () => {
    const { sessions, watch, opens } = shop()
    const app = new Hono()
      .use(withSession(sessions))
      .get('/', async (c) => {
        ;(await sessions.open(c)).set('half', 'done')
        throw new HTTPException(302, { res: new Response(null) })
      })
      .onError((_error, c) => c.text('sorry', 500))
    const ada = await opens(app)
    expect([(await ada.get('/')).status, watch.writes]).toEqual([500, 0])
  })

  test('is an answer when it is a Response below 500, which a middleware around it sends', async () => {
    const { sessions, opens } = shop()
    const app = new Hono()
      .use(async (c, next) => {
        try {
          await next()
        } catch (error) {
          if (!(error instanceof Response)) throw error
          c.res = error
        }
      })
      .use(withSession(sessions))
      .get('/:status', async (c) => {
        ;(await sessions.open(c)).signIn('bob')
        throw new Response('thrown', { status: Number(c.req.param('status')) })
      })
    const ada = await opens(app)
    expect(oursIn(await ada.get('/500'))).toEqual([])
    expect(await ada.knows()).toEqual({ name: 'ada' })
    const response = await ada.get('/404')
    expect([response.status, await response.text(), oursIn(response).length]).toEqual([404, 'thrown', 1])
  })

  test("is the same for a sub-application's own error page", async () => {
    const { sessions, watch, opens } = shop()
    const part = new Hono()
      .get('/', async (c) => {
        ;(await sessions.open(c)).set('half', 'done')
        throw new Error('boom')
      })
      .onError((_error, c) => c.redirect('/oops'))
    const ada = await opens(new Hono().use(withSession(sessions)).route('/part', part))
    expect([(await ada.get('/part')).status, watch.writes]).toEqual([302, 0])
  })

  test('is the same for what is no error, which no onError sees; and a session that was ended stays ended', async () => {
    const { sessions, watch, opens } = shop()
    const app = new Hono()
      .use(withSession(sessions))
      .get('/', async (c) => {
        const session = await sessions.open(c)
        if (c.req.query('end') === undefined) session.set('half', 'done')
        else session.destroy()
        throw 'boom'
      })
      .onError(() => new Response('sorry'))
    const ada = await opens(app)
    expect([(await ada.get('/')).status, watch.writes]).toEqual([500, 0])
    const thief = ada.steal()
    expect((await ada.get('/?end')).status).toBe(500)
    expect(await (await thief.get('/lobby')).json()).toEqual({})
  })

  test('is what app.onError is told, and not what the store does then', async () => {
    const { sessions, watch, opens } = shop()
    const told: unknown[] = []
    const app = new Hono()
      .use(withSession(sessions))
      .get('/', async (c) => {
        ;(await sessions.open(c)).destroy()
        throw new Error('boom')
      })
      .onError((error, c) => {
        told.push(error.message)
        return c.text('sorry', 500)
      })
    const ada = await opens(app)
    watch.before = (call) => {
      if (call === 'delete') throw new Error('down')
    }
    expect(await (await ada.get('/')).text()).toBe('sorry')
    expect(told).toEqual(['boom'])
  })
})

describe('a store that fails', () => {
  test('reaches app.onError, which answers with what middlewares around have said and nothing of the page', async () => {
    const { sessions, watch, opens } = shop()
    const told: unknown[] = []
    const app = new Hono()
      .use(cors({ origin: 'http://other.test' }))
      .use(withSession(sessions))
      .use(secureHeaders())
      .get('/', async (c) => {
        ;(await sessions.open(c)).set('name', 'bob')
        setCookie(c, 'theme', 'dark')
        return c.json({ secret: 'page' }, 201, { ETag: '"1"', Location: '/made', 'Content-Length': '17' })
      })
      .onError((error, c) => {
        told.push(error)
        return c.json({ error: codeOf(error) }, 503)
      })
    const ada = await opens(app)
    watch.before = (call) => {
      if (call === 'update') throw new Error('disk full')
    }
    const response = await ada.get('/', { headers: { origin: 'http://other.test' } })
    const { headers } = response
    expect([response.status, await response.json()]).toEqual([503, { error: 'STORE_FAILED' }])
    expect(told).toMatchObject([{ code: 'STORE_FAILED', cause: { message: 'disk full' } }])
    expect([headers.get('etag'), headers.get('location'), headers.get('cache-control')]).toEqual([null, null, 'no-store'])
    expect(headers.get('access-control-allow-origin')).toBe('http://other.test')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(names(response)).toEqual(['theme'])
    watch.before = () => {}
    expect(await ada.knows()).toEqual({ name: 'ada' })
  })

  test('is an empty 500 where the application has no onError', async () => {
    quietly()
    const { sessions, watch, opens } = shop()
    const app = new Hono().use(withSession(sessions)).get('/', async (c) => {
      ;(await sessions.open(c)).set('name', 'bob')
      return c.text('secret page')
    })
    const ada = await opens(app)
    watch.before = (call) => {
      if (call === 'update') throw new Error('down')
    }
    const response = await ada.get('/')
    expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error'])
  })
})

describe("together with Hono's own middlewares", () => {
  const page = 'a page of some length, '.repeat(200)
  const middlewares: Record<string, { use: () => ReturnType<typeof cors>; shows: (response: Response) => unknown; as: unknown }> =
    {
      cors: { use: () => cors(), shows: ({ headers }) => headers.get('access-control-allow-origin'), as: '*' },
      secureHeaders: { use: () => secureHeaders(), shows: ({ headers }) => headers.get('x-frame-options'), as: 'SAMEORIGIN' },
      compress: { use: () => compress(), shows: ({ headers }) => headers.get('content-encoding'), as: 'gzip' },
      etag: { use: () => etag(), shows: ({ headers }) => headers.has('etag'), as: true },
      bodyLimit: { use: () => bodyLimit({ maxSize: 1000 }), shows: ({ status }) => status, as: 200 },
    }
  const orders = { before: true, after: false }
  const table = Object.keys(middlewares).flatMap((name) =>
    Object.entries(orders).map(([order, first]) => ({ name, order, first })),
  )

  test.each(table)('$name, registered $order the adapter', async ({ name, first }) => {
    const { sessions, opens } = shop('sealed')
    const middleware = middlewares[name]
    if (!middleware) throw new Error(name)
    const both = [middleware.use(), withSession(sessions)]
    const app = new Hono()
    for (const each of first ? both : both.toReversed()) app.use(each)
    app.all('/', async (c) => {
      const session = await sessions.open(c)
      session.set('body', await c.req.text())
      setCookie(c, 'theme', 'dark')
      return c.text(page)
    })
    const ada = await opens(app)
    for (const response of [await ada.get('/'), await ada.post('/', 'a body')]) {
      expect([response.status, (await response.text()) === page]).toEqual([200, true])
      if (response.url && name !== 'etag') expect(middleware.shows(response)).toBe(middleware.as)
      expect(names(response)).toEqual(['theme', '__Host-Http-session'])
      expect([response.headers.get('cache-control'), response.headers.get('vary')?.includes('Cookie')]).toEqual([
        'no-store',
        true,
      ])
    }
    expect(await ada.knows()).toEqual({ name: 'ada', body: 'a body' })
  })

  test('a body over the limit changes nothing that was not changed before, and the adapter still answers', async () => {
    const { sessions, opens } = shop()
    const app = new Hono()
      .use(withSession(sessions))
      .use(bodyLimit({ maxSize: 3 }))
      .post('/', async (c) => {
        ;(await sessions.open(c)).set('body', await c.req.text())
        return c.text('ok')
      })
    const ada = await opens(app)
    expect((await ada.post('/', 'far too long')).status).toBe(413)
    expect((await ada.post('/', 'ok')).status).toBe(200)
    expect(await ada.knows()).toEqual({ name: 'ada', body: 'ok' })
  })

  test('a page that has not changed still brings its cookie, when the adapter is registered first', async () => {
    const { sessions, opens } = shop('sealed')
    const app = new Hono().use(withSession(sessions), etag()).get('/', async (c) => {
      ;(await sessions.open(c)).update('n', (n) => Number(n ?? 0) + 1)
      return c.text(page)
    })
    const ada = await opens(app)
    const tag = (await ada.get('/')).headers.get('etag') ?? ''
    const response = await ada.get('/', { headers: { 'if-none-match': tag } })
    expect([response.status, oursIn(response).length, response.headers.get('vary')]).toEqual([304, 1, 'Cookie'])
    expect(await ada.knows()).toEqual({ name: 'ada', n: 2 })
  })

  test('a method that a form overrides', async () => {
    const { sessions, opens } = shop()
    const app: Hono = new Hono()
    app.use('/', methodOverride({ app }), withSession(sessions)).delete('/', async (c) => {
      ;(await sessions.open(c)).delete('name')
      return c.text('deleted')
    })
    const ada = await opens(app)
    expect(await (await ada.post('/', { _method: 'DELETE' })).text()).toBe('deleted')
    expect(await ada.knows()).toEqual({})
  })
})
