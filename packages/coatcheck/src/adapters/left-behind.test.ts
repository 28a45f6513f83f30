import type { RequestListener } from 'node:http'
import fastifyCookie from '@fastify/cookie'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import Fastify, { type FastifyPluginCallback } from 'fastify'
import { H3 } from 'h3'
import { toNodeHandler } from 'h3/node'
import { Hono, type MiddlewareHandler } from 'hono'
import { expect, it } from 'vitest'
import { type Adapter, adapters } from '../../test/helpers/adapters.ts'
import { Koa, type KoaContext } from '../../test/helpers/koa.ts'
import { leftBy, leftOverHttp } from '../../test/helpers/left.ts'
import { createSessions } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { useSession } from './h3.ts'
import { withSession as withHono } from './hono.ts'
import { getIronSession } from './iron-session.ts'
import cookieSession from './middleware/cookie-session.ts'
import expressSession from './middleware/express-session.ts'
import { fastifySecureSession, fastifySession } from './middleware/fastify.ts'
import koaSession from './middleware/koa.ts'
import { SessionModule } from './middleware/nest.ts'
import { nextSessions } from './next.ts'
import { type H3EventLike, startSessions, useSession as useNitro } from './nitro/runtime.ts'
import { withSession as withNode } from './node.ts'
import { createCookieSessionStorage } from './remix.ts'

const secrets = 'left-behind: 6fJ1sXw0bQ3rVn8yKc5uTz2mPd7gEa9h'
const made = () => createSessions<{ n: number }>({ secrets, store: memoryStore() })

function inExpress(middleware: unknown, sessionOf: (req: express.Request) => unknown): RequestListener {
  return express()
    .use(middleware as express.RequestHandler)
    .get('/', async (req, res) => {
      const session = (await sessionOf(req)) as { n?: number; get?(key: string): number; set?(key: string, value: number): void }
      if (session.set) session.set('n', (session.get?.('n') ?? 0) + 1)
      else session.n = (session.n ?? 0) + 1
      res.send('ok')
    })
}

const sessionIn = (req: express.Request): unknown => (req as { session?: unknown }).session

const LISTENERS: Record<string, () => RequestListener | Promise<RequestListener>> = {
  node() {
    const sessions = made()
    return inExpress(withNode(sessions), (req) => sessions.open(req))
  },
  'node, later'() {
    const { read, create, update, delete: remove } = memoryStore()
    const later =
      <A extends unknown[], R>(call: (...args: A) => R) =>
      async (...args: A) => {
        await new Promise((r) => setImmediate(r))
        return call(...args)
      }
    const sessions = createSessions<{ n: number }>({
      secrets,
      store: { read: later(read), create: later(create), update: later(update), delete: later(remove) } as never,
    })
    return inExpress(withNode(sessions), (req) => sessions.open(req))
  },
  'node, sealed'() {
    const sessions = createSessions<{ n: number }>({ secrets })
    return inExpress(withNode(sessions), (req) => sessions.open(req))
  },
  hono() {
    const sessions = made()
    const app = new Hono().use(withHono(sessions) as MiddlewareHandler)
    app.get('/', async (c) => {
      ;(await sessions.open(c)).update('n', (n = 0) => n + 1)
      return c.text('ok')
    })
    return getRequestListener(app.fetch, { overrideGlobalObjects: false })
  },
  'express-session': () => inExpress(expressSession({ secret: secrets, resave: false, saveUninitialized: false }), sessionIn),
  'cookie-session': () => inExpress(cookieSession({ keys: [secrets], secure: false }), sessionIn),
  koa() {
    const app = new Koa()
    app.keys = [secrets]
    app.use(koaSession({}, app as never) as never)
    app.use((ctx: KoaContext & { session: { n?: number } }) => {
      const { session } = ctx
      session.n = (session.n ?? 0) + 1
      ctx.body = 'ok'
    })
    return app.callback()
  },
  nest() {
    const sessions = made()
    let middleware: unknown
    const { module } = SessionModule.forRoot(sessions)
    const http = {
      getType: () => 'express',
      use: (given: unknown) => (middleware = given),
      getInstance: () => ({}),
      getHttpServer: () => ({ prependListener() {} }),
    }
    new module().configure({ getHttpAdapter: () => http })
    return inExpress(middleware, sessionIn)
  },
  '@fastify/session': () => inFastify({ secret: secrets, cookie: { secure: false } }, fastifySession),
  '@fastify/secure-session': () =>
    inFastify({ key: Buffer.alloc(32, 'left-behind'), cookie: { secure: false } }, fastifySecureSession),
  h3() {
    const app = new H3()
    app.get('/', async (event) => {
      const session = await useSession<{ n: number }>(event, { password: secrets })
      await session.update({ n: (session.data.n ?? 0) + 1 })
      return 'ok'
    })
    return toNodeHandler(app) as RequestListener
  },
  'next, below pages/'() {
    const { getSession } = nextSessions<{ n: number }>({ secrets, store: memoryStore(), cookie: { name: 'left' } })
    return async (req, res) => {
      const session = await getSession(req, res)
      session.update('n', (n = 0) => n + 1)
      res.end('ok')
    }
  },
  nitro() {
    const told: ((event: H3EventLike) => void)[] = []
    const hooks = { hook: (_: 'request', tell: (event: H3EventLike) => void) => told.push(tell) }
    startSessions({ hooks }, { config: () => ({ session: { password: secrets } }), check: false })
    const app = new H3({ onRequest: (event) => told.forEach((tell) => void tell(event)) })
    app.get('/', async (event) => {
      const session = await useNitro<{ n: number }>(event)
      await session.update({ n: (session.data.n ?? 0) + 1 })
      return 'ok'
    })
    return toNodeHandler(app) as RequestListener
  },
  'iron-session': () => async (req, res) => {
    const session = await getIronSession<{ n?: number }>(req, res, { password: secrets, cookieName: 'session' })
    session.n = (session.n ?? 0) + 1
    await session.save()
    res.end('ok')
  },
  remix() {
    const { getSession, commitSession } = createCookieSessionStorage<{ n: number }>({
      cookie: { name: 'session', secrets: [secrets] },
    })
    return async (req, res) => {
      const session = await getSession(req.headers.cookie)
      session.set('n', (session.get('n') ?? 0) + 1)
      res.setHeader('set-cookie', await commitSession(session))
      res.end('ok')
    }
  },
}

async function inFastify(options: object, plugin: unknown): Promise<RequestListener> {
  const app = Fastify()
  await app.register(fastifyCookie)
  await app.register(plugin as FastifyPluginCallback<object>, options)
  app.get('/', async (request) => {
    const { session } = request as unknown as {
      session: { get(key: string): number | undefined; set(key: string, value: number): void }
    }
    session.set('n', (session.get('n') ?? 0) + 1)
    return 'ok'
  })
  await app.ready()
  return (req, res) => app.routing(req, res)
}

// 7 to 21 kB of each request were left by six of these (docs/decisions/035-what-a-request-leaves-behind.md).
it.each(Object.keys(LISTENERS))('%s: a request is gone with the next minor collection', async (name) => {
  const left = await leftOverHttp(await (LISTENERS[name] as () => Promise<RequestListener>)())
  expect(left).toBeLessThan(5000)
})

/** The same of requests of one visitor, without a socket, and without `visitor()`, which leaves several kilobytes itself. */
async function leftInProcess({ serve: served }: Adapter): Promise<number> {
  const serve = await served({ secrets: [secrets], store: memoryStore(), now: Date.now, onEvent: () => {} })
  let cookie = ''
  return leftBy(async () => {
    const response = await serve(new Request('https://app.test/', { headers: cookie ? { cookie } : {} }), async (held) => {
      await held.set('n', (((await held.get('n')) as number | undefined) ?? 0) + 1)
    })
    const lines = response.headers.getSetCookie()
    if (lines.length > 0) cookie = lines.map((line) => line.split(';')[0]).join('; ')
  })
}

// SvelteKit left 6 kB, Astro 5 kB, Hydrogen 2 kB. The others make an application for each request here, and are above.
const inProcess = adapters.filter(({ name }) => !/node|hono|h3/.test(name))
it.each(inProcess)('$name: a request is gone with the next minor collection', async (adapter) => {
  expect(await leftInProcess(adapter)).toBeLessThan(2000)
})
