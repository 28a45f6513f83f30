import type { RequestListener } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { getRequestListener } from '@hono/node-server'
import express, { type Request as Req, type Response as Res } from 'express'
import { H3, type H3Event } from 'h3'
import { RouterContextProvider } from 'react-router'
import { describe, test } from 'vitest'
import { ofCore } from '../../test/helpers/adapters.ts'
import { throughAstro } from '../../test/helpers/astro.ts'
import { Koa, type KoaContext } from '../../test/helpers/koa.ts'
import { serving } from '../../test/helpers/serving.ts'
import { createSessions, type Session } from '../index.ts'
import {
  type AdapterSuiteOptions,
  type AdapterUnderTest,
  adapterSuite,
  type SuiteAnswer,
  type SuiteSession,
  type SuiteSite,
} from '../testing/index.ts'
import { sessionMiddleware as astroMiddleware } from './astro/middleware.ts'
import { commitSessions, useSession } from './h3.ts'
import { getIronSession } from './iron-session.ts'
import expressSession, { type Session as ExpressSession } from './middleware/express-session.ts'
import koaSession, { type Session as KoaSession } from './middleware/koa.ts'
import { sessionMiddleware } from './react-router.ts'
import * as remix3 from './remix3.ts'

// Adapters whose sessions are made by themselves, or speak another library's words. fetch, node and hono: in `tellStories`.

const COOKIE = '__Host-session'

const streamOf = (body: AsyncIterable<string>): ReadableStream =>
  (Readable.toWeb(Readable.from(body)) as ReadableStream).pipeThrough(new TextEncoderStream())

const responseOf = ({ status, headers, body }: SuiteAnswer): Response =>
  new Response(typeof body === 'string' || body === null ? body : streamOf(body), {
    status,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
  })

const pathOf = ({ url }: { url: string }): string => new URL(url).pathname

type Served = Promise<AdapterUnderTest>
const byFetch = (fetch: (request: Request) => Response | Promise<Response>): Served => {
  const failed = (): Response => new Response('failed', { status: 500 })
  return serving(
    getRequestListener(
      (request) =>
        Promise.resolve()
          .then(() => fetch(request))
          .catch(failed),
      { overrideGlobalObjects: false },
    ),
  )
}
const byNode = (listener: RequestListener): Served => serving(listener)

/** `req.session` and its kin: the values are properties. */
const ofProperties = (session: Record<string, unknown>, end: () => unknown): SuiteSession => ({
  get: (key) => session[key],
  set(key, value) {
    session[key] = value
  },
  end,
})

const serveReactRouter = ({ options, handle }: SuiteSite): Served => {
  const { middleware, getSession } = sessionMiddleware(createSessions(options))
  return byFetch((request) => {
    const context = new RouterContextProvider()
    return middleware({ request, context }, async () =>
      responseOf(await handle(pathOf(request), async () => ofCore((await getSession(context)) as Session))),
    )
  })
}

const serveRemix3 = ({ options: { secrets, store }, handle }: SuiteSite): Served => {
  const cookie = remix3.createCookie(COOKIE, { secrets: [secrets], secure: true, path: '/' })
  const middleware = remix3.session(cookie, remix3.createSessionStorage({ store, secrets: [secrets] } as never))
  return byFetch((request) => {
    const context = { request } as remix3.RequestContext & { session: remix3.Session }
    return middleware(context, async () =>
      responseOf(
        await handle(pathOf(request), async () => ({
          get: (key) => context.session.get(key),
          set: (key, value) => context.session.set(key, value),
          end: () => context.session.destroy(),
        })),
      ),
    )
  })
}

const serveAstro = ({ options: { secrets, store }, handle }: SuiteSite): Served => {
  const onRequest = astroMiddleware(
    { cookie: { name: COOKIE }, formerCookie: COOKIE, isProduction: true },
    { getSecret: () => secrets, store, settings: {} },
  )
  return byFetch((request) =>
    throughAstro(onRequest, request, async (session) =>
      responseOf(
        await handle(pathOf(request), async () => ({
          get: (key) => session.get(key),
          set: (key, value) => session.set(key, value),
          end: () => session.destroy(),
        })),
      ),
    ),
  )
}

const serveH3 = ({ options: { secrets, store }, handle }: SuiteSite): Served => {
  const app = new H3({ silent: true })
  app.use(commitSessions())
  app.all('/**', async (event: H3Event) =>
    responseOf(
      await handle(event.url.pathname, async () => {
        const session = await useSession(event, {
          name: COOKIE,
          password: secrets,
          store,
          issue: 'when-stored',
          sessionHeader: false,
        })
        return {
          get: (key) => session.data[key],
          set: (key, value) => session.update({ [key]: value }),
          end: () => session.clear(),
        }
      }),
    ),
  )
  return byFetch((request) => app.fetch(request))
}

const serveExpress = ({ options: { secrets, store }, handle }: SuiteSite): Served => {
  const app = express()
  app.disable('etag')
  app.use(expressSession({ secret: secrets, store, resave: false, saveUninitialized: false }) as never)
  app.use((async (req: Req & { session: ExpressSession }, res: Res) => {
    const { status, headers, body } = await handle(req.path, async () =>
      ofProperties(
        req.session,
        () => new Promise((done, failed) => req.session.destroy((error) => (error ? failed(error) : done(null)))),
      ),
    )
    res.status(status)
    for (const [name, value] of headers) res.append(name, value)
    if (typeof body === 'string' || body === null) res.end(body ?? undefined)
    else await pipeline(Readable.from(body), res)
  }) as never)
  app.use(((_error: Error, _req: Req, res: Res, _next: unknown) => void res.status(500).end('failed')) as never)
  return byNode(app)
}

const serveKoa = ({ options: { secrets, store }, handle }: SuiteSite): Served => {
  const app = new Koa()
  app.silent = true
  app.keys = [secrets]
  app.use(koaSession({ store }, app) as never)
  app.use(async (ctx: KoaContext & { session: KoaSession | null; append(name: string, value: string): void }) => {
    const { status, headers, body } = await handle(ctx.path, async () =>
      ofProperties(ctx.session as never, () => {
        ctx.session = null
      }),
    )
    ctx.body = typeof body === 'string' || body === null ? body : Readable.from(body)
    ctx.status = status
    for (const [name, value] of headers) ctx.append(name, value)
  })
  return byNode(app.callback())
}

const serveIron = ({ options: { secrets, store }, handle }: SuiteSite): Served => {
  const options = { cookieName: COOKIE, password: secrets, store }
  const app = express()
  app.disable('etag')
  app.use(async (req: Req, res: Res) => {
    const { status, headers, body } = await handle(req.path, async () => {
      const session = await getIronSession<Record<string, unknown>>(req, res, options)
      return {
        get: (key) => session[key],
        set(key, value) {
          session[key] = value
          return session.save()
        },
        end: () => session.destroy(),
      }
    })
    res.status(status)
    for (const [name, value] of headers) res.append(name, value)
    if (typeof body === 'string' || body === null) res.end(body ?? undefined)
    else await pipeline(Readable.from(body), res)
  })
  app.use(((_error: Error, _req: Req, res: Res, _next: unknown) => void res.status(500).end('failed')) as never)
  return byNode(app)
}

const UNASKED = 'leaves a page that never asks for the session as it is'
const THROWS = 'stores nothing of a page that throws'
const FAILS = 'stores nothing of a page that answers 500 or above'
const SAVES = 'as in iron-session, save() stores at once, whatever comes after it'
const AGAIN = 'as in iron-session, each save() sends the cookie'
const EACH = 'as koa-session, it sends the cookie with each change, since its end moves'

const adapters: readonly (Pick<AdapterSuiteOptions, 'serve' | 'except' | 'offers'> & { readonly name: string })[] = [
  { name: 'React Router’s middleware', serve: serveReactRouter },
  {
    name: 'Remix 3’s middleware',
    serve: serveRemix3,
    offers: [],
    except: {
      [UNASKED]: 'the middleware of Remix 3 reads the session of every request',
      'stores before the first piece of a stream, and what a known visitor changes while it runs':
        'a session of Remix 3 is stored once, when the middleware has its response',
    },
  },
  { name: 'Astro’s middleware', serve: serveAstro, offers: [] },
  {
    name: 'h3 2',
    serve: serveH3,
    offers: [],
    except: {
      [THROWS]: 'as with h3, update() stores at once, whatever comes after it',
      [FAILS]: 'as with h3, update() stores at once, whatever comes after it',
    },
  },
  {
    name: 'express-session’s',
    serve: serveExpress,
    offers: [],
    except: {
      [UNASKED]: 'req.session is there for code that is synchronous, so the store is read before',
      [THROWS]: 'as express-session, it stores whatever the status is',
      [FAILS]: 'as express-session, it stores whatever the status is',
    },
  },
  {
    name: 'iron-session’s',
    serve: serveIron,
    offers: [],
    except: {
      [THROWS]: SAVES,
      [FAILS]: SAVES,
      'gives a known visitor no second cookie': AGAIN,
      'stores what a page did that answers 304': AGAIN,
      'stores before the first piece of a stream, and what a known visitor changes while it runs':
        'as in iron-session, save() is refused once the headers have left',
    },
  },
  {
    name: 'koa-session’s',
    serve: serveKoa,
    offers: [],
    except: {
      [UNASKED]: 'ctx.session is there for code that is synchronous, so the store is read before',
      [THROWS]: 'as koa-session, it stores whatever the status is',
      [FAILS]: 'as koa-session, it stores whatever the status is',
      'gives a known visitor no second cookie': EACH,
      'stores what a page did that answers 304': EACH,
    },
  },
]

describe.each(adapters)('$name', ({ name: _, ...adapter }) => {
  adapterSuite({ it: test, ...adapter })
})
