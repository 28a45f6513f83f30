import { createContext, RouterContextProvider } from 'react-router'
import { describe, expect, test } from 'vitest'
import { gate } from '../../test/helpers/gate.ts'
import { SECRET } from '../../test/helpers/site.ts'
import type { SessionEvent } from '../core/events.ts'
import { createSessions } from '../core/sessions.ts'
import { memoryStore } from '../stores/memory.ts'
import type { Store } from '../stores/store.ts'
import { visitor } from '../testing/visitor.ts'
import { createCookieSessionStorage, sessionMiddleware } from './react-router.ts'

interface Data {
  n: number
  user: string
}

type Page = (session: ReturnType<typeof sessionMiddleware<Data, object>>, context: RouterContextProvider) => Promise<Response>

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
    await expect(getSession(new RouterContextProvider())).rejects.toMatchObject({ code: 'NO_DOOR' })
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

  test('F3: loaders that use a storage share one session inside it, also where nothing tells requests apart', async () => {
    const cookie = { name: '__session', secrets: [SECRET] }
    const { getSession, commitSession } = createCookieSessionStorage<{ a: number; b: number }>({ cookie })
    const load = async (key: 'a' | 'b', header: string | null) => {
      const session = await getSession(header)
      session.set(key, 1)
      return commitSession(session)
    }
    const { serve } = site(async () => {
      const lines = [await load('a', null), await load('b', null)]
      return new Response('ok', { headers: lines.map((line): [string, string] => ['set-cookie', line]) })
    })
    const response = await serve(new Request('https://app.test/'))
    const newest = response.headers.getSetCookie().at(-1)
    expect((await getSession(newest?.split(';')[0])).data).toEqual({ a: 1, b: 1 })
  })
})
