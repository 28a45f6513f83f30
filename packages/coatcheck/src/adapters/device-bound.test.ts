import type { IncomingMessage, RequestListener } from 'node:http'
import { node as elysiaNode } from '@elysiajs/node'
import { Elysia } from 'elysia'
import express, { type NextFunction, type Request as Req, type Response as Res } from 'express'
import Fastify, { type FastifyInstance } from 'fastify'
import { H3, type H3Event } from 'h3'
import { Hono } from 'hono'
import { RouterContextProvider } from 'react-router'
import { expect, onTestFinished, test } from 'vitest'
import { throughAstro } from '../../test/helpers/astro.ts'
import {
  type DeviceApp,
  type DeviceSite,
  isCaught,
  native,
  type Person,
  pageOf,
  STATIC,
  tellDeviceStories,
} from '../../test/helpers/device-stories.ts'
import { listening } from '../../test/helpers/fastify.ts'
import { Koa, type KoaContext } from '../../test/helpers/koa.ts'
import { serving } from '../../test/helpers/serving.ts'
import { SECRET } from '../../test/helpers/site.ts'
import { throughKit } from '../../test/helpers/sveltekit.ts'
import type { Session } from '../core/session/types.ts'
import { crossSite } from '../csrf.ts'
import { deviceBound, deviceBoundResponse, deviceOf } from '../device-bound.ts'
import { createSessions } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'
import { deviceVisitor } from '../testing/device-visitor.ts'
import { sessionMiddleware as astro } from './astro/middleware.ts'
import { openSession } from './astro/session.ts'
import { withSession as withFetch } from './fetch.ts'
import { commitSessions, rotateSession, useSession } from './h3.ts'
import { withSession as withHono } from './hono.ts'
import { AppSession, CookieSessionStorage } from './hydrogen.ts'
import { getIronSession } from './iron-session.ts'
import cookieSession from './middleware/cookie-session.ts'
import { session as elysia } from './middleware/elysia.ts'
import expressSession from './middleware/express-session.ts'
import fastifySession, { fastifySecureSession } from './middleware/fastify.ts'
import koaSession from './middleware/koa.ts'
import { withSession as withNode } from './node.ts'
import { sessionMiddleware as reactRouter } from './react-router.ts'
import { createCookieSessionStorage } from './remix.ts'
import * as remix3 from './remix3.ts'
import { sessionHandle as svelteKit } from './sveltekit.ts'
import { sessionMiddleware as tanStack } from './tanstack-start.ts'

const guard = crossSite({})
const pathOf = (url = ''): string => new URL(url, 'http://localhost').pathname

const sessionsOf = ({ now, deviceBound }: DeviceSite) =>
  createSessions({ secrets: SECRET, store: memoryStore({ now }), now, ...(deviceBound && { deviceBound }) })
/** For drop-ins. */
const engineOf = ({ now, deviceBound }: DeviceSite) => ({ now, ...(deviceBound && { deviceBound }) })

/** The guard and the pages of an application of web requests. */
async function answerWeb(path: string, person: () => Person | Promise<Person>): Promise<Response> {
  if (isCaught(path)) return new Response(null, { status: 302, headers: { location: '/login' } })
  if (path === '/static') return new Response('public', { headers: STATIC })
  return new Response(await pageOf(path, await person()))
}

async function onExpress(use: (app: express.Express) => void, person: (req: never) => Person | Promise<Person>): Promise<string> {
  const app = express()
  use(app)
  app.disable('etag')
  app.use((req, res, next) => (isCaught(req.path) ? res.redirect('/login') : next()))
  app.get('/static', (_, res) => void res.set(STATIC).send('public'))
  app.use(async (req: Req, res: Res, next: NextFunction) => {
    try {
      res.send(await pageOf(req.path, await person(req as never)))
    } catch (error) {
      next(error)
    }
  })
  return (await serving(app as RequestListener)).origin
}

interface Regenerating {
  session: { user?: string; regenerate(done: (error?: unknown) => void): void }
}
const regenerated = (req: Regenerating): Promise<void> =>
  new Promise((done, failed) =>
    req.session.regenerate((error) => {
      if (error) return failed(error)
      req.session.user = 'ada'
      done()
    }),
  )

async function onFastify(
  register: (app: FastifyInstance) => unknown,
  signIn: (session: { user?: string; regenerate(): unknown }) => unknown,
): Promise<string> {
  const app = Fastify()
  register(app)
  app.addHook('onRequest', async (request, reply) => (isCaught(pathOf(request.url)) ? reply.redirect('/login') : undefined))
  app.get('/static', async (_, reply) => reply.headers(STATIC).send('public'))
  app.get('/*', async (request) => {
    const here = request as unknown as { session: { user?: string; regenerate(): unknown } }
    return pageOf(pathOf(request.url), {
      owner: () => here.session.user,
      async signIn() {
        await signIn(here.session)
        here.session.user = 'ada'
      },
      device: () => deviceOf(here.session),
    })
  })
  const { base, close } = await listening(app)
  onTestFinished(close)
  return base
}

const ADAPTERS: Record<string, DeviceApp> = {
  fetch(site) {
    const sessions = sessionsOf(site)
    return withFetch(sessions, (request) =>
      answerWeb(pathOf(request.url), async () => native((await sessions.open(request)) as Session)),
    )
  },
  async 'node:http'(site) {
    const sessions = sessionsOf(site)
    const listener = withNode(sessions, async (req, res) => {
      const path = pathOf(req.url)
      if (isCaught(path) || !guard.check(req).allowed) return void res.writeHead(302, { location: '/login' }).end()
      if (path === '/static') return void res.writeHead(200, STATIC).end('public')
      res.end(await pageOf(path, native((await sessions.open(req)) as Session)))
    })
    return (await serving(listener as RequestListener)).origin
  },
  'Express, with everything mounted below a path'(site) {
    const sessions = sessionsOf(site)
    const inner = express().use(withNode(sessions))
    return onExpress(
      (app) => void app.use('/', inner),
      async (req) => native((await sessions.open(req)) as Session),
    )
  },
  Hono(site) {
    const sessions = sessionsOf(site)
    const app = new Hono()
    app.use(withHono(sessions))
    app.all('*', async (c) => answerWeb(c.req.path, async () => native((await sessions.open(c)) as Session)))
    return async (request) => app.fetch(request)
  },
  Elysia(site) {
    const app = new Elysia({ adapter: elysiaNode() as never })
      .use(elysia(sessionsOf(site)))
      .onBeforeHandle(({ path }) => (isCaught(path) ? answerWeb(path, never) : undefined))
      .all('/*', ({ session, path }) => answerWeb(path, async () => native((await session()) as Session)))
    return async (request) => app.handle(request)
  },
  'React Router'(site) {
    const { middleware, getSession } = reactRouter(sessionsOf(site))
    return (request) => {
      const context = new RouterContextProvider()
      return middleware({ request, context }, () =>
        answerWeb(pathOf(request.url), async () => native((await getSession(context)) as Session)),
      )
    }
  },
  SvelteKit(site) {
    const handle = svelteKit(sessionsOf(site))
    return (request) =>
      throughKit(handle, request, ({ locals }) =>
        answerWeb(pathOf(request.url), async () => native((await locals.session) as Session)),
      )
  },
  'TanStack Start'(site) {
    let current: Request
    const { onRequest, getSession } = tanStack(sessionsOf(site), () => current)
    return async (request) => {
      current = request
      const next = async () => ({
        response: await answerWeb(pathOf(request.url), async () => native((await getSession()) as Session)),
      })
      return (await onRequest({ request, handlerType: 'router', next })).response
    }
  },
  Astro(site) {
    const settings = { cookie: {}, formerCookie: 'astro-session', isProduction: true }
    const store = memoryStore({ now: site.now })
    const { deviceBound } = site
    const found = { getSecret: () => SECRET, store, settings: { now: site.now }, ...(deviceBound && { deviceBound }) }
    const onRequest = astro(settings, { ...found, mentions: { '/': 0 } })
    return (request) =>
      throughAstro<AstroSession>(onRequest, request, ({ get, set, regenerate }, context) =>
        answerWeb(pathOf(request.url), async () => {
          const [user, whole] = [await get('user'), await openSession(context)]
          return {
            owner: () => user,
            async signIn() {
              await regenerate()
              set('user', 'ada')
            },
            device: () => whole,
          }
        }),
      )
  },
  async 'h3 2'(site) {
    const config = { password: SECRET, store: memoryStore({ now: site.now }), issue: 'when-stored', ...engineOf(site) } as const
    const app = new H3()
    app.use(commitSessions(config))
    app.all('/**', (event: H3Event) =>
      answerWeb(event.url.pathname, async () => {
        const session = await useSession<{ user?: string }>(event, config)
        return {
          owner: () => session.data.user,
          async signIn() {
            await rotateSession(event, config)
            await session.update({ user: 'ada' })
          },
          device: () => deviceOf(session),
        }
      }),
    )
    return async (request) => app.fetch(request)
  },
  'Remix 3, with a store': (site) =>
    onRemix3(remix3.createSessionStorage({ store: memoryStore({ now: site.now }), ...engineOf(site) })),
  'Remix 3, in the cookie': (site) => onRemix3(remix3.createCookieSessionStorage(engineOf(site))),
  'express-session'(site) {
    const options = { secret: SECRET, resave: false, saveUninitialized: false, store: memoryStore({ now: site.now }) }
    return onExpress(
      (app) => void app.use(expressSession({ ...options, ...engineOf(site) }) as never),
      (req: Regenerating) => ({
        owner: () => req.session.user,
        signIn: () => regenerated(req),
        device: () => deviceOf(req.session),
      }),
    )
  },
  'express-session, which stores every visitor’s'(site) {
    return onExpress(
      (app) => void app.use(expressSession({ secret: SECRET, cookie: { maxAge: 86_400_000 }, ...engineOf(site) }) as never),
      (req: Regenerating) => ({
        owner: () => req.session.user,
        signIn: () => regenerated(req),
        device: () => deviceOf(req.session),
      }),
    )
  },
  'cookie-session'(site) {
    return onExpress(
      (app) => void app.use(cookieSession({ keys: [SECRET], ...engineOf(site) }) as never),
      (req: IncomingMessage & { session: { user?: string } }) => ({
        owner: () => req.session.user,
        signIn() {
          req.session.user = 'ada'
          deviceOf(req.session).askForKey()
        },
        device: () => deviceOf(req.session),
      }),
    )
  },
  'Koa, with a store': (site) => onKoa({ store: memoryStore({ now: site.now }), ...engineOf(site) }),
  'Koa, in the cookie': (site) => onKoa(engineOf(site)),
  '@fastify/session': (site) =>
    onFastify(
      (app) =>
        app.register(fastifySession, {
          ...{ secret: SECRET, saveUninitialized: false, rolling: false, cookie: { secure: false } },
          ...{ store: memoryStore({ now: site.now }), ...engineOf(site) },
        }),
      (session) => session.regenerate(),
    ),
  '@fastify/secure-session': (site) =>
    onFastify(
      (app) => app.register(fastifySecureSession, { secret: SECRET, ...engineOf(site) }),
      (session) => session.regenerate(),
    ),
}

const never = (): never => {
  throw new Error('This page has no session.')
}

interface AstroSession {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): void
  regenerate(): Promise<void>
}

function onRemix3(storage: remix3.SessionStorage): ReturnType<DeviceApp> {
  const run = remix3.session(remix3.createCookie('session', { secrets: [SECRET], secure: true }), storage)
  return (request) => {
    const context = { request } as { request: Request; session?: remix3.Session }
    return run(context, () =>
      answerWeb(pathOf(request.url), () => {
        const session = context.session as remix3.Session
        return {
          owner: () => session.get('user'),
          signIn() {
            session.regenerateId(true)
            session.set('user', 'ada')
          },
          device: () => deviceOf(session),
        }
      }),
    )
  }
}

async function onKoa(options: object): Promise<string> {
  const app = new Koa()
  app.keys = [SECRET]
  app.use(koaSession(options, app))
  app.use(async (ctx: KoaContext & { session: { user?: string; regenerate(): Promise<void> }; set(headers: object): void }) => {
    if (isCaught(ctx.path)) return ctx.redirect('/login')
    if (ctx.path === '/static') {
      ctx.set(STATIC)
      ctx.body = 'public'
      return
    }
    ctx.body = await pageOf(ctx.path, {
      owner: () => ctx.session.user,
      async signIn() {
        await ctx.session.regenerate()
        ctx.session.user = 'ada'
      },
      device: () => deviceOf(ctx.session),
    })
  })
  return (await serving(app.callback())).origin
}

for (const [name, make] of Object.entries(ADAPTERS)) tellDeviceStories(name, make)

tellDeviceStories('deviceBoundResponse() in a route that no adapter stands before', (site) => {
  const sessions = sessionsOf(site)
  const app = new Hono()
  if (site.deviceBound) app.post('/.coatcheck/:step', ({ req }) => deviceBoundResponse(sessions, req.raw))
  app.use(withHono(sessions))
  app.all('*', async (c) => answerWeb(c.req.path, async () => native((await sessions.open(c)) as Session)))
  return async (request) => app.fetch(request)
})

test('deviceBoundResponse() answers other paths with 404, and throws for sessions that are not bound', async () => {
  const request = new Request('https://app.test/elsewhere', { method: 'POST' })
  expect((await deviceBoundResponse(createSessions({ secrets: SECRET, deviceBound: deviceBound() }), request)).status).toBe(404)
  const refused = { code: 'BAD_OPTIONS', message: expect.stringContaining('deviceBound') }
  expect(() => deviceBoundResponse(createSessions({ secrets: SECRET }), request)).toThrow(expect.objectContaining(refused))
})

test('a registration leaves a sealed session its end and its place, where another library’s interface says them', async () => {
  const place = { path: '/shop', domain: 'app.test', sameSite: 'strict' } as const
  const [own, maxAge] = [{ path: '/shop/device' }, 86_400_000]
  const app = express()
  app.set('trust proxy', true)
  app.use(cookieSession({ keys: [SECRET], maxAge, ...place, secure: true, deviceBound: deviceBound(own) }) as never)
  app.get('/shop/in', (req, res) => {
    const { session } = req as unknown as { session: { user?: string } }
    session.user = 'ada'
    deviceOf(session).askForKey()
    res.send('in')
  })
  const { origin } = await serving(app as RequestListener)
  const proxied = (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    const headers = new Headers(request.headers)
    headers.set('x-forwarded-proto', 'https')
    return fetch(new URL(pathname, origin), { method: request.method, headers })
  }
  const ada = deviceVisitor(proxied)
  await ada.get('/shop/in')
  expect(ada.deviceEvents).toEqual([{ type: 'registration', result: 'Success' }])
  const [ticket, device] = ['session', 'session-bound'].map((name) => ada.cookies().find((cookie) => cookie.name === name))
  expect(ada.cookies()).toHaveLength(2)
  for (const cookie of [ticket, device])
    expect(cookie).toMatchObject({ path: '/shop', domain: 'app.test', sameSite: 'strict', secure: true, httpOnly: true })
  const end = ticket?.expiresAt ?? 0
  expect(Math.abs(end - Date.now() - maxAge)).toBeLessThan(600_000)
})

test('Fastify: a scope with a prefix answers below it, and refuses a path that it would never see', async () => {
  const app = Fastify()
  const refused = Promise.withResolvers<unknown>()
  const options = { secret: SECRET, rolling: false, saveUninitialized: false, cookie: { secure: false } } as const
  app.register(
    async (scope) => {
      scope.register(fastifySession, { ...options, deviceBound: deviceBound({ path: '/shop/device' }) })
      scope.get('/in', async (request) => {
        await (request as unknown as { session: { regenerate(): Promise<void> } }).session.regenerate()
        return 'in'
      })
      const wrong = (): void => fastifySession(scope, { ...options, deviceBound: deviceBound() }, refused.resolve)
      scope.after(wrong)
    },
    { prefix: '/shop' },
  )
  const { base, close } = await listening(app)
  onTestFinished(close)
  const ada = deviceVisitor(base)
  await ada.get('/shop/in')
  expect(ada.deviceEvents).toEqual([{ type: 'registration', result: 'Success' }])
  expect((await ada.post('/shop/device/other')).status).toBe(404)
  expect(await refused.promise).toMatchObject({ code: 'BAD_OPTIONS', message: expect.stringContaining('/shop') })
})

test('koa: the option is refused beside `externalKey`, which is no cookie that a browser could refresh', () => {
  const externalKey = { get: () => undefined, set() {} }
  expect(() => koaSession({ externalKey, deviceBound: deviceBound() }, new Koa())).toThrow(
    expect.objectContaining({ code: 'BAD_OPTIONS' }),
  )
})

test('deviceOf() takes sessions of requests only', () => {
  for (const wrong of [undefined, null, {}, { session: {} }])
    expect(() => deviceOf(wrong)).toThrow(
      expect.objectContaining({ code: 'NOT_WRAPPED', fix: expect.stringContaining('req.session') }),
    )
})

/** Adapters that give no answers themselves, and the way that each names. */
const REFUSING: Record<string, readonly [use: (option: { deviceBound: object }) => unknown, way: string]> = {
  'iron-session': [
    (option) =>
      getIronSession(new Request('https://app.test/'), new Response(), { cookieName: 'iron', password: SECRET, ...option }),
    'coatcheck/next',
  ],
  'Remix and React Router, a storage': [
    (option) => createCookieSessionStorage({ cookie: { secrets: [SECRET], secure: true }, ...option }),
    'sessionMiddleware',
  ],
  'Hydrogen, a storage': [
    (option) => CookieSessionStorage('session', { secrets: [SECRET], secure: true, ...option }),
    'coatcheck/fetch',
  ],
  'Hydrogen 2026': [
    (option) => AppSession.init(new Request('https://app.test/'), [SECRET], { secure: true, ...option }),
    'coatcheck/fetch',
  ],
  'h3, without its middleware': [
    (option) => useSession({ req: new Request('https://app.test/') }, { password: SECRET, ...option } as never),
    'commitSessions(config)',
  ],
  'Remix 3, a storage without its middleware': [
    (option) => remix3.createCookieSessionStorage({ secrets: [SECRET], ...option } as never).read(null),
    'session(cookie, storage)',
  ],
}

test.each(Object.entries(REFUSING))('%s: the option is refused, with the way that works', async (_, [use, way]) => {
  const using = async () => use({ deviceBound: deviceBound() })
  await expect(using()).rejects.toMatchObject({ code: 'BAD_OPTIONS', fix: expect.stringContaining(way) })
})
