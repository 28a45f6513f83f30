import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { node as elysiaNode } from '@elysiajs/node'
import { Elysia } from 'elysia'
import express from 'express'
import { Hono } from 'hono'
import { describe, expect, onTestFinished, test } from 'vitest'
import { clockFrom } from '../../test/helpers/clock.ts'
import { SECRET } from '../../test/helpers/site.ts'
import type { Session } from '../core/session/types.ts'
import { crossSite } from '../csrf.ts'
import { deviceBound } from '../device-bound.ts'
import { createSessions } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { deviceVisitor } from '../testing/device-visitor.ts'
import { withSession as withFetch } from './fetch.ts'
import { withSession as withHono } from './hono.ts'
import { session as elysia } from './middleware/elysia.ts'
import { withSession as withNode } from './node.ts'
import { sessionMiddleware as reactRouter } from './react-router.ts'
import { sessionHandle as svelteKit } from './sveltekit.ts'
import { sessionMiddleware as tanStack } from './tanstack-start.ts'

type Sessions = ReturnType<typeof createSessions>
type Serve = (request: Request) => Promise<Response>

/** What every application does: a guard and a redirect that would catch the browser's own requests, then its pages. */
function page(session: Session, path: string): string {
  if (path === '/in') session.signIn('ada')
  return `${session.owner ?? 'nobody'} ${session.bound}`
}
const guard = crossSite({})
const early = (path: string) => path.startsWith('/.coatcheck')
const redirected = () => new Response(null, { status: 302, headers: { location: '/login' } })
const pathOf = (url: string) => new URL(url, 'http://localhost').pathname

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const ADAPTERS: Record<string, (sessions: Sessions) => Promise<Serve | string> | Serve> = {
  fetch: (sessions) =>
    withFetch(sessions, async (request) =>
      early(pathOf(request.url)) ? redirected() : new Response(page(await sessions.open(request), pathOf(request.url))),
    ),
  'node:http': (sessions) =>
    listening(
      withNode(sessions, async (req, res) => {
        const path = pathOf(req.url ?? '')
        if (early(path) || !guard.check(req).allowed) return void res.writeHead(302, { location: '/login' }).end()
        res.end(page(await sessions.open(req), path))
      }),
    ),
  'Express, with everything mounted below a path': (sessions) => {
    const [app, inner] = [express(), express()]
    inner.use(withNode(sessions))
    inner.use((req, res, next) => (early(req.path) ? res.redirect('/login') : next()))
    inner.use(async (req, res) => void res.send(page(await sessions.open(req), req.path)))
    app.use('/', inner)
    return listening(app)
  },
  Hono: (sessions) => {
    const app = new Hono()
    app.use(withHono(sessions))
    app.use(async (c, next) => (early(c.req.path) ? c.redirect('/login') : next()))
    app.all('*', async (c) => c.text(page(await sessions.open(c), c.req.path)))
    return async (request) => app.fetch(request)
  },
  Elysia: (sessions) => {
    const app = new Elysia({ adapter: elysiaNode() as never })
      .use(elysia(sessions))
      .onBeforeHandle(({ path }) => (early(path) ? redirected() : undefined))
      .all('/*', async ({ session, path }) => page((await session()) as Session, path))
    return async (request) => app.handle(request)
  },
  'React Router': (sessions) => {
    const { middleware, getSession } = reactRouter(sessions)
    return (request) => {
      const values = new Map<unknown, unknown>()
      const context = {
        get: (key: { defaultValue?: unknown }) => values.get(key) ?? key.defaultValue,
        set: (key: unknown, value: unknown) => void values.set(key, value),
      }
      return middleware({ request, context } as never, async () =>
        early(pathOf(request.url))
          ? redirected()
          : new Response(page((await getSession(context as never)) as Session, pathOf(request.url))),
      )
    }
  },
  SvelteKit: (sessions) => {
    const handle = svelteKit(sessions)
    return (request) => {
      const locals: { session?: Promise<Session> } = {}
      const event = {
        request,
        locals,
        url: new URL(request.url),
        cookies: { set() {} },
        isSubRequest: false,
        fetch: globalThis.fetch,
      }
      const resolve = async () =>
        early(pathOf(request.url)) ? redirected() : new Response(page((await locals.session) as Session, pathOf(request.url)))
      return handle({ event, resolve } as never)
    }
  },
  'TanStack Start': (sessions) => {
    let current: Request
    const { onRequest, getSession } = tanStack(sessions, () => current)
    return async (request) => {
      current = request
      const next = async () => ({
        response: early(pathOf(request.url))
          ? redirected()
          : new Response(page((await getSession()) as Session, pathOf(request.url))),
      })
      return (await onRequest({ request, handlerType: 'router', next })).response
    }
  },
}

describe.each(Object.entries(ADAPTERS))('%s', (_, make) => {
  test('rule 1: registers and refreshes before handlers, redirects and guards, and shows where a session stands', async () => {
    const clock = clockFrom()
    const sessions = createSessions({ secrets: SECRET, store: memoryStore(), now: clock.now, deviceBound: deviceBound() })
    const served = await make(sessions)
    const ada = deviceVisitor(served, { now: clock.now })
    const shows = async (who: { get: typeof ada.get } = ada, init = {}) => (await who.get('/', init)).text()
    await ada.get('/in')
    expect(await shows()).toBe('ada pending')
    clock.advance(11)
    expect(await shows()).toBe('ada bound')
    const thief = ada.steal()
    clock.advance(361)
    expect(await shows(thief)).toBe('nobody lapsed')
    expect(await shows()).toBe('ada bound')
    expect(ada.deviceEvents.map(({ result }) => result)).toEqual(['Success', 'Success', 'Success'])
    clock.advance(301)
    const link = await linked(served, ada.jar.header(`${ada.origin}/`))
    expect([link.status, link.refresh], 'DB5').toEqual([200, '0'])
    expect(await shows()).toBe('ada bound')
  })
})

/** A link of another site: `fetch` would say of itself what it is. */
async function linked(served: Serve | string, cookie: string) {
  const headers = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  if (typeof served !== 'string') {
    const { status, headers: given } = await served(new Request('https://app.test/', { headers }))
    return { status, refresh: given.get('refresh') }
  }
  const [answer] = (await once(get(served, { headers }), 'response')) as [IncomingMessage]
  answer.resume()
  return { status: answer.statusCode, refresh: answer.headers.refresh }
}
