import { createContext, createMemorySessionStorage as createTheirs, RouterContextProvider, redirect } from 'react-router'
import { describe, expect, test } from 'vitest'
import { gate } from '../../test/helpers/gate.ts'
import { serving } from '../../test/helpers/serving.ts'
import { SECRET } from '../../test/helpers/site.ts'
import type { SessionEvent } from '../core/model/events.ts'
import { createSessions } from '../core/sessions.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { visitor } from '../testing/visitor.ts'
import {
  createCookieSessionStorage,
  createSessionStorage,
  type SessionMiddleware,
  type SessionStorage,
  sessionMiddleware,
} from './react-router.ts'

interface Data {
  n: number
  user: string
}

type Page = (session: SessionMiddleware<Data, object>, context: RouterContextProvider) => Promise<Response>

/** A route's middleware around a page, as React Router runs it. */
function site(page: Page, { store }: { store?: Store } = { store: memoryStore() }) {
  const events: SessionEvent[] = []
  const sessions = createSessions<Data, object>({
    secrets: SECRET,
    ...(store && { store }),
    onEvent: (event) => void events.push(event),
  })
  const session = sessionMiddleware(sessions)
  const serve = async (request: Request) => {
    const context = new RouterContextProvider()
    // React Router turns what a loader throws into an answer of 500 before its middleware sees it.
    const next = async () => {
      try {
        return await page(session, context)
      } catch {
        return new Response('Unexpected Server Error', { status: 500 })
      }
    }
    return session.middleware({ request, context }, next)
  }
  return { ada: visitor(serve, { follow: false }), serve, events }
}

describe('the middleware of React Router', () => {
  test('stores what loaders changed, with one cookie, and keeps the page out of shared caches', async () => {
    const { ada } = site(async ({ getSession }, context) => {
      const [one, two] = await Promise.all([getSession(context), getSession(context)])
      expect(one).toBe(two)
      return Response.json(one.update('n', (n = 0) => n + 1))
    })
    const first = await ada.get('/')
    expect(first.headers.getSetCookie()).toHaveLength(1)
    expect([first.headers.get('cache-control'), first.headers.get('vary')]).toEqual(['no-store', 'Cookie'])
    expect(await (await ada.get('/')).json()).toBe(2)
  })

  test('leaves a page alone that never asks for the session', async () => {
    const { ada } = site(async () => new Response('hello', { headers: { 'cache-control': 'public, max-age=60' } }))
    const { headers } = await ada.get('/')
    expect([headers.get('cache-control'), headers.getSetCookie(), headers.get('vary')]).toEqual(['public, max-age=60', [], null])
  })

  test('F8: a loader that throws changes nothing, although it looks like an answer', async () => {
    const { ada } = site(async ({ getSession }, context) => {
      const session = await getSession(context)
      if (session.get('n')) throw new Error('no')
      session.set('n', 1)
      if (session.has('user')) session.set('user', 'ada')
      return new Response('ok')
    })
    await ada.get('/')
    expect((await ada.get('/')).status).toBe(500)
    const { ada: bob } = site(async ({ getSession }, context) => {
      const session = await getSession(context)
      session.set('n', 1)
      return new Response('late failure', { status: 503 })
    })
    expect((await bob.get('/')).headers.getSetCookie()).toEqual([])
  })

  test.each([
    ['stored', { store: memoryStore() }],
    ['sealed', {}],
  ] as const)('a redirect that a loader throws is an answer: what was changed before it is stored (%s)', async (_, options) => {
    const { middleware, getSession } = sessionMiddleware(
      createSessions<Data, object>({ secrets: SECRET, ...(options as { store?: Store }) }),
    )
    const ada = visitor(
      (request) => {
        const context = new RouterContextProvider()
        const page = async (): Promise<Response> => {
          const session = await getSession(context)
          if (request.url.endsWith('/')) return Response.json(session.data)
          session.update('n', (n = 0) => n + 1)
          throw request.url.endsWith('/away') ? redirect('/') : new Response('down', { status: 503 })
        }
        return middleware({ request, context }, page).catch((error: Response) => error)
      },
      { follow: false },
    )
    const away = await ada.get('/away')
    expect([away.status, away.headers.get('location'), away.headers.getSetCookie().length]).toEqual([302, '/', 1])
    expect((await ada.get('/down')).status).toBe(503)
    expect(await (await ada.get('/')).json()).toEqual({ n: 1 })
  })

  test.each([
    ['stored', { store: memoryStore() }],
    ['sealed', {}],
  ] as const)('F22: a change made while the page is streamed is stored, or said to be too late (%s)', async (kind, options) => {
    const late = gate()
    let outcome: unknown
    const { ada } = site(async ({ getSession }, context) => {
      const session = await getSession(context)
      session.set('n', 1)
      if (session.get('user')) return Response.json(session.get('user'))
      const stream = new ReadableStream({
        async pull(controller) {
          await late.pass()
          try {
            session.set('user', 'ada')
            outcome = 'set'
          } catch (error) {
            outcome = (error as { code: string }).code
          }
          controller.close()
        },
      })
      return new Response(stream)
    }, options)
    const response = await ada.get('/')
    await late.reached
    late.open()
    await response.text()
    expect(outcome).toBe(kind === 'stored' ? 'set' : 'TOO_LATE')
    if (kind === 'stored') await expect.poll(async () => (await ada.get('/')).text()).toBe('"ada"')
  })

  test('where it did not run, asking says so', async () => {
    const { getSession } = sessionMiddleware(createSessions({ secrets: SECRET }))
    await expect(getSession(new RouterContextProvider())).rejects.toMatchObject({ code: 'NOT_WRAPPED' })
  })

  test('keeps its place in the context apart from others', async () => {
    const user = createContext<string>('nobody')
    const { ada } = site(async ({ getSession }, context) => {
      context.set(user, 'ada')
      await getSession(context)
      return new Response(context.get(user))
    })
    expect(await (await ada.get('/')).text()).toBe('ada')
  })

  test('F3: loaders that use a storage share a visitor’s session inside it, also where nothing tells requests apart', async () => {
    const cookie = { name: '__session', secrets: [SECRET] }
    const { getSession, commitSession } = createCookieSessionStorage<{ a: number; b: number; n: number }>({ cookie })
    const guest = await getSession()
    guest.set('n', 0)
    const ticket = (await commitSession(guest)).split(';')[0] ?? ''
    const load = async (key: 'a' | 'b', header: string | null) => {
      const session = await getSession(header)
      session.set(key, 1)
      return commitSession(session)
    }
    const { serve } = site(async () => {
      const lines = [await load('a', ticket), await load('b', ticket)]
      return new Response('ok', { headers: lines.map((line): [string, string] => ['set-cookie', line]) })
    })
    const response = await serve(new Request('https://app.test/', { headers: { cookie: ticket } }))
    const newest = response.headers.getSetCookie().at(-1)
    expect((await getSession(newest?.split(';')[0])).data).toEqual({ a: 1, b: 1, n: 0 })
  })
})

describe('the middleware on a storage', () => {
  const cookie = { name: '__session', secrets: [SECRET], maxAge: 3600 }
  type Storage = SessionStorage<Data, { message: string }>

  function rows() {
    const table = new Map<string, object>()
    return {
      createData: async (data: object) => {
        table.set('1', data)
        return '1'
      },
      readData: async (id: string) => table.get(id) ?? null,
      updateData: async (id: string, data: object) => void table.set(id, data),
      deleteData: async (id: string) => void table.delete(id),
    }
  }
  const kinds: Record<string, () => Storage> = {
    sealed: () => createCookieSessionStorage({ cookie }),
    'on a store': () => createSessionStorage({ cookie, store: memoryStore() }),
    'on functions': () => createSessionStorage<Data, { message: string }>({ cookie, ...rows() } as never),
    'upstream, in the cookie': () => createCookieSessionStorage({ cookie, format: 'upstream' }),
  }

  type Open = () => ReturnType<Storage['getSession']>
  /** A site whose page asks the middleware for its session, and may use the storage besides. */
  function shop(storage: Storage, page: (open: Open, request: Request) => Promise<Response>) {
    const session = sessionMiddleware(storage)
    const serve = async (request: Request) => {
      const context = new RouterContextProvider()
      return session.middleware({ request, context }, () => page(() => session.getSession(context), request))
    }
    return { serve, ada: visitor(serve, { follow: false }) }
  }

  describe.each(Object.entries(kinds))('%s', (_, make) => {
    test('keeps what loaders did without a commit, and gives them the storage’s own kind of session', async () => {
      const storage = make()
      const { ada } = shop(storage, async (open, request) => {
        const session = await open()
        if (request.url.endsWith('/in')) {
          session.set('user', 'ada')
          session.flash('message', 'welcome')
        }
        if (request.url.endsWith('/out')) session.unset('user')
        return Response.json([session.get('user') ?? null, request.url.endsWith('/in') || (session.get('message') ?? null)])
      })
      const first = await ada.get('/in')
      expect([first.headers.getSetCookie().length, first.headers.get('cache-control')]).toEqual([1, 'no-store'])
      expect(await (await ada.get('/')).json()).toEqual(['ada', 'welcome'])
      expect(await (await ada.get('/')).json()).toEqual(['ada', null])
      expect(await (await ada.get('/out')).json()).toEqual([null, null])
      expect(await (await ada.get('/')).json()).toEqual([null, null])
    })

    test('is one session with what a loader asks the storage for, committed or not, and one cookie leaves', async () => {
      const storage = make()
      const { ada } = shop(storage, async (open, request) => {
        if (request.url.endsWith('/begin')) {
          ;(await open()).set('n', 0)
          return new Response('hello')
        }
        const [one, two] = [await open(), await storage.getSession(request.headers.get('cookie'))]
        expect(one).toBe(two)
        two.set('n', (two.get('n') ?? 0) + 1)
        const headers = request.url.endsWith('/commit') ? { 'set-cookie': await storage.commitSession(two) } : {}
        one.set('user', 'ada')
        return Response.json(one.data, { headers })
      })
      expect((await ada.get('/begin')).headers.getSetCookie()).toHaveLength(1)
      expect((await ada.get('/commit')).headers.getSetCookie().length).toBeLessThan(2)
      expect((await ada.get('/')).headers.getSetCookie().length).toBeLessThan(2)
      expect(await (await ada.get('/commit')).json()).toEqual({ n: 3, user: 'ada' })
    })

    test('leaves the cookie of a sign-in that begins with getSession() on the answer', async () => {
      const storage = make()
      const { ada } = shop(storage, async (open, request) => {
        const session = await open()
        if (request.url.endsWith('/guest')) session.set('n', 1)
        if (!request.url.endsWith('/in')) return Response.json(session.data)
        const fresh = await storage.getSession()
        fresh.set('user', 'ada')
        return new Response('in', { headers: { 'set-cookie': await storage.commitSession(fresh) } })
      })
      await ada.get('/guest')
      expect((await ada.get('/in')).headers.getSetCookie()).toHaveLength(1)
      expect(await (await ada.get('/')).json()).toEqual({ user: 'ada' })
    })

    test('ends for good by destroySession', async () => {
      const storage = make()
      const { ada } = shop(storage, async (open, request) => {
        const session = await open()
        if (request.url.endsWith('/in')) session.set('user', 'ada')
        if (!request.url.endsWith('/out')) return Response.json(session.data)
        return new Response('out', { headers: { 'set-cookie': await storage.destroySession(session) } })
      })
      await ada.get('/in')
      expect((await ada.get('/out')).headers.getSetCookie()[0]).toMatch(/^__session=;.*1970/)
      expect(await (await ada.get('/')).json()).toEqual({})
    })

    test('writes the line that commitSession writes', async () => {
      const inside = await shop(make(), async (open) => {
        ;(await open()).set('user', 'ada')
        return new Response('ok')
      }).serve(new Request('https://app.test/'))
      const storage = make()
      const session = await storage.getSession()
      session.set('user', 'ada')
      const attributes = (line = '') => line.split('; ').slice(1)
      const outside = attributes(await storage.commitSession(session))
      expect(attributes(inside.headers.getSetCookie()[0])).toEqual(outside)
      expect(outside).toContain('Max-Age=3600')
    })

    test('a failure changes nothing', async () => {
      const { ada } = shop(make(), async (open) => {
        ;(await open()).set('user', 'ada')
        return new Response('no', { status: 500 })
      })
      expect((await ada.get('/')).headers.getSetCookie()).toEqual([])
    })
  })

  test('stores, on node:http too, what changes while the page is streamed', async () => {
    const storage = kinds['on a store']?.() as Storage
    const { middleware, getSession } = sessionMiddleware(storage)
    const late = gate()
    const { origin } = await serving(async (req, res) => {
      const request = new Request(`https://app.test${req.url}`, { headers: { cookie: req.headers.cookie ?? '' } })
      const context = new RouterContextProvider()
      const response = await middleware({ request, context }, async () => {
        await storage.getSession(request.headers.get('cookie'))
        const session = await getSession(context)
        if (request.url.endsWith('/late')) void late.pass().then(() => session.set('user', 'ada'))
        else if (request.url.endsWith('/begin')) session.set('n', 1)
        return Response.json(session.get('user') ?? null)
      })
      for (const line of response.headers.getSetCookie()) res.appendHeader('set-cookie', line)
      res.end(await response.text())
    })
    const ada = visitor(origin, { follow: false })
    await ada.get('/begin')
    await ada.get('/late')
    late.open()
    await expect.poll(async () => (await ada.get('/')).json()).toBe('ada')
  })

  test('where it did not run, asking says so', async () => {
    const { getSession } = sessionMiddleware(kinds.sealed?.() as Storage)
    await expect(getSession(new RouterContextProvider())).rejects.toMatchObject({ code: 'NOT_WRAPPED' })
  })

  test('of another library, or taken apart, is refused by name', () => {
    const theirs = createTheirs({ cookie })
    for (const storage of [theirs as never, { ...(kinds.sealed?.() as Storage) }]) {
      expect(() => sessionMiddleware(storage)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('coatcheck/react-router') }),
      )
    }
  })

  test('has the times of sessions made by createSessions with the same options', async () => {
    const times = { idleTimeout: 600, absoluteTimeout: 7200 }
    const sessions = sessionMiddleware(createSessions<Data, object>({ secrets: SECRET, cookie: { name: '__session' }, ...times }))
    const storage = sessionMiddleware(createCookieSessionStorage<Data>({ cookie: { ...cookie, maxAge: 7200 }, ...times }))
    const ages = await Promise.all(
      [sessions, storage].map(async ({ middleware, getSession }) => {
        const context = new RouterContextProvider()
        const response = await middleware({ request: new Request('https://app.test/'), context }, async () => {
          const session: { set(key: 'user', value: string): void } = await getSession(context)
          session.set('user', 'ada')
          return new Response('ok')
        })
        return /Max-Age=\d+/.exec(response.headers.getSetCookie()[0] ?? '')?.[0]
      }),
    )
    expect(ages).toEqual(['Max-Age=7200', 'Max-Age=7200'])
  })
})
