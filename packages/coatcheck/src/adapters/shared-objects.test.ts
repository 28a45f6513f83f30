import { H3, type H3Event, toWebHandler } from 'h3'
import { createApp, eventHandler, type H3Event as H3Event1 } from 'h3-v1'
import { RouterContextProvider } from 'react-router'
import { describe, expect, test } from 'vitest'
import { gate } from '../../test/helpers/gate.ts'
import { PASSWORD, said } from '../../test/helpers/h3.ts'
import { serving } from '../../test/helpers/serving.ts'
import { SECRET } from '../../test/helpers/site.ts'
import { headersOf } from '../core/adapter.ts'
import { adapterOf, createSessions } from '../core/sessions.ts'
import { memoryStore } from '../stores/memory.ts'
import { withSession } from './fetch.ts'
import { useSession } from './h3.ts'
import { MemorySessionStorage } from './hydrogen.ts'
import { type NitroApp, startSessions, useSession as useNitroSession } from './nitro/runtime.ts'
import { createCookieSessionStorage, createSessionStorage, sessionMiddleware } from './react-router.ts'

/** A framework's object that two requests have in common, of visitors who present nothing: what each is shown while both are answered. */
type Values = Record<string, unknown>

const cookie = { name: '__session', secrets: [SECRET], secure: false } as const

/** A page that signs its visitor in, and waits for the other one before it says whose session it has. */
function crossing() {
  const adapters = { ada: gate(), bob: gate() }
  return {
    adapters,
    page: async (who: 'ada' | 'bob', session: { data: object; set: (user: string) => unknown }) => {
      const before = { ...session.data }
      await session.set(who)
      await adapters[who].pass()
      return { before, after: { ...session.data } }
    },
    /** Both come, and then both go on. */
    async both(ask: (who: 'ada' | 'bob') => Promise<unknown>): Promise<unknown[]> {
      const ada = ask('ada')
      await adapters.ada.reached
      const bob = ask('bob')
      await adapters.bob.reached
      for (const barrier of Object.values(adapters)) barrier.open()
      return Promise.all([ada, bob])
    },
  }
}
const apart = ['ada', 'bob'].map((user) => ({ before: {}, after: { user } }))

describe('S1: of two visitors without a ticket, each has a session of their own', () => {
  test('in h3 2 with a context that all requests have in common, as `env` of Workers is', async () => {
    const { page, both } = crossing()
    const app = new H3().get('/:who', async (event) => {
      const session = await useSession<Values>(event, { password: PASSWORD })
      const set = (user: string) => session.update({ user })
      return page(event.context.params?.who as 'ada', { data: session.data, set })
    })
    const serve = toWebHandler(app)
    const env = {}
    // The router keeps what it found in the context, too: the path is asked for at once.
    expect(await both(async (who) => said(serve(new Request(`http://shop.test/${who}`), env)))).toEqual(apart)
  })

  test('in h3 1 with a context that all events have in common', async () => {
    const { page, both } = crossing()
    const context = {}
    const app = createApp().use(
      eventHandler(async (event: H3Event1) => {
        event.context = context
        const session = await useSession<Values>(event, { password: PASSWORD })
        const set = (user: string) => session.update({ user })
        return page(event.path.slice(1) as 'ada', { data: session.data, set })
      }),
    )
    const { toNodeListener } = await import('h3-v1')
    const { origin } = await serving(toNodeListener(app))
    expect(await both(async (who) => said(fetch(`${origin}/${who}`)))).toEqual(apart)
  })

  test('in Nitro 3 with a context that all events have in common, in what they fetch of the site itself as well', async () => {
    let begin = (_: object): void => {}
    const nitro = {
      hooks: {
        hook: (_: string, told: typeof begin) => {
          begin = told
        },
      },
    }
    startSessions(nitro as NitroApp, { config: () => ({ session: { password: PASSWORD } }), store: undefined, check: false })
    const { page, both } = crossing()
    const app = new H3({ onRequest: (event) => begin(event) })
    const open = async (event: H3Event) => {
      const session = await useNitroSession<Values>(event)
      return { data: session.data, set: (user: string) => session.update({ user }) }
    }
    app.get('/inner/:who', async (event) => {
      const who = event.url.pathname.slice('/inner/'.length) as 'ada'
      return page(who, await open(event))
    })
    app.get('/:who', async (event) => {
      const { pathname } = event.url
      await open(event)
      // As `serverFetch` of Nitro 3 does it: the context is copied.
      const request = new Request(new URL(`/inner${pathname}`, event.url))
      return said(app.fetch(Object.assign(request, { context: { ...event.context } })))
    })
    const context = {}
    const ask = async (who: string) => said(app.request(`http://shop.test/${who}`, undefined, context))
    expect(await both(ask)).toEqual(apart)
    expect(await both(async (who) => ask(who))).toEqual(apart)
  })

  test('of React Router, whose context is another request’s: the second request is refused, and says what to do', async () => {
    const { middleware, getSession } = sessionMiddleware(createCookieSessionStorage<Values, Values>({ cookie }))
    const context = new RouterContextProvider()
    const barrier = gate()
    const ada = middleware({ request: new Request('http://shop.test/ada'), context }, async () => {
      await barrier.pass()
      const session = await getSession(context)
      session.set('user', 'ada')
      return Response.json(session.data)
    })
    await barrier.reached
    const look = async () => Response.json((await getSession(context)).data)
    await expect(middleware({ request: new Request('http://shop.test/bob'), context }, look)).rejects.toMatchObject({
      code: 'BAD_OPTIONS',
      message: expect.stringContaining('getLoadContext'),
    })
    barrier.open()
    expect(await (await ada).json()).toEqual({ user: 'ada' })
    const later = await middleware({ request: new Request('http://shop.test/bob'), context }, look)
    expect(await later.json()).toEqual({})
  })

  test.each(['an adapter', 'the middleware of React Router', 'withSession of a storage'] as const)(
    'a Request that is served a second time is another request (%s)',
    async (where) => {
      const sessions = createSessions<Values>({ secrets: SECRET, store: memoryStore() })
      const storage = createSessionStorage<Values, Values>({ cookie, store: memoryStore() })
      const { middleware, getSession } = sessionMiddleware(storage)
      const show = (session: { get(key: string): unknown; set(key: string, value: unknown): unknown }): Response => {
        const before = session.get('user') ?? null
        session.set('user', 'ada')
        return Response.json(before)
      }
      const serve = {
        'an adapter': withSession(sessions, async (request) => show(await sessions.open(request))),
        'the middleware of React Router': async (request: Request) => {
          const context = new RouterContextProvider()
          return middleware({ request, context }, async () => show(await getSession(context)))
        },
        'withSession of a storage': storage.withSession(async (request) => show(await storage.getSession(request))),
      }[where]
      const request = new Request('http://shop.test/')
      expect([await (await serve(request)).json(), await (await serve(request)).json()]).toEqual([null, null])
    },
  )

  test('and a Request that was answered inside withSession stands for nobody', async () => {
    const storage = createCookieSessionStorage<Values, Values>({ cookie })
    const request = new Request('http://shop.test/')
    await storage.withSession(async (inside) => (await storage.getSession(inside)).set('user', 'ada'))(request)
    expect((await storage.getSession(request)).data).toEqual({})
  })

  test('in Hydrogen, with one request object for two adapters', async () => {
    const storage = MemorySessionStorage('shared-request')
    const request = new Request('http://shop.test/')
    const [ada, bob] = [storage({}), storage({})]
    await ada.set(request, { user: 'ada' })
    expect({ ...(await bob.get(request)) }).toEqual({})
  })
})

describe('S1: inside withSession of a storage', () => {
  test('a new visitor has one session for one request, by the request itself', async () => {
    const storage = createCookieSessionStorage<Values, Values>({ cookie })
    const handle = storage.withSession(async (request) => {
      const [one, two] = await Promise.all([storage.getSession(request), storage.getSession(request)])
      expect(one).toBe(two)
      expect(await storage.getSession(request.headers.get('cookie'))).not.toBe(one)
      one.set('a', 1)
      two.set('b', 2)
      return storage.commitSession(two)
    })
    const line = await handle(new Request('http://shop.test/'))
    expect((await storage.getSession(line.split(';')[0])).data).toEqual({ a: 1, b: 2 })
  })
})

describe('S1: the scope of a framework’s object', () => {
  const adapter = () => adapterOf(createSessions<Values>({ secrets: SECRET, store: memoryStore() }))

  test('is the same for the same credentials, another for others, and another once the request is answered', () => {
    const { requestSession } = adapter()
    const identity = {}
    const first = requestSession(identity, headersOf(null))
    expect(requestSession(identity, headersOf('__Host-Http-session=x'))).not.toBe(first)
    expect(requestSession(identity, headersOf(null))).toBe(first)
    first.finish()
    expect(requestSession(identity, headersOf(null))).not.toBe(first)
  })

  test('other cookies are no credentials: with the same theme, two visitors are still two', async () => {
    const storage = createCookieSessionStorage<Values, Values>({ cookie })
    const handle = storage.withSession(async () => {
      const [ada, bob] = [await storage.getSession('theme=dark'), await storage.getSession('theme=dark')]
      ada.set('user', 'ada')
      return bob.data
    })
    expect(await handle(new Request('http://shop.test/', { headers: { cookie: 'theme=dark' } }))).toEqual({})
  })
})
