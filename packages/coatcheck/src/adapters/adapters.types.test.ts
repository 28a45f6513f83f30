import { createServer } from 'node:http'
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { serve } from '@hono/node-server'
import connect from 'connect'
import express, { type RequestHandler, Router } from 'express'
import { Hono, type MiddlewareHandler } from 'hono'
import { hc } from 'hono/client'
import { createFactory, createMiddleware } from 'hono/factory'
import { createSessions, type Session } from '../index.ts'
import { withSession as viaFetch } from './fetch.ts'
import { withSession as viaHono } from './hono.ts'
import { withSession as viaNode } from './node.ts'

interface Data {
  cart: string[]
}
const sessions = createSessions<Data>({ secrets: '' })

/** The session of every adapter is of the type that `createSessions` was given. */
async function typed(session: Session<Data>): Promise<void> {
  session.set('cart', ['hat'])
  // @ts-expect-error: a value of another type
  session.set('cart', 1)
}

// coatcheck/fetch
const handle = viaFetch(sessions, async (request) => {
  await typed(await sessions.open(request))
  return new Response(request.url)
})
handle(new Request('http://a/')) satisfies Promise<Response>
const worker = {
  fetch: viaFetch(sessions, async (request: Request, env: { DB: string }, _ctx: { waitUntil(p: Promise<unknown>): void }) => {
    return new Response(request.method + env.DB)
  }),
}
worker.fetch(new Request('http://a/'), { DB: 'd' }, { waitUntil: () => {} })
// @ts-expect-error: without what the handler needs
worker.fetch(new Request('http://a/'))
// @ts-expect-error: a handler that answers nothing
viaFetch(sessions, async () => {})
viaFetch(sessions, () => new Response())

// coatcheck/hono
viaHono(sessions) satisfies MiddlewareHandler
new Hono().use(viaHono(sessions)).get('/', async (c) => {
  await typed(await sessions.open(c))
  return c.text('ok')
})
interface Env {
  Variables: { user: string }
  Bindings: { DB: string }
}
const app = new Hono<Env>()
  .use(viaHono(sessions))
  .use('/admin/*', viaHono(sessions))
  .use(
    createMiddleware<Env>(async (c, next) => {
      c.set('user', String((await sessions.open(c)).owner))
      await next()
    }),
  )
  .get('/orders/:id', viaHono(sessions), (c) => {
    c.req.param('id') satisfies string
    c.env.DB satisfies string
    return c.json({ id: 7, user: c.var.user })
  })
createFactory<Env>().createHandlers(viaHono(sessions), (c) => c.text(c.var.user))
// The client that Hono derives from an application still knows its answers.
hc<typeof app>('/').orders[':id'].$get({ param: { id: '7' } }) satisfies Promise<{
  json(): Promise<{ id: number; user: string }>
}>
serve({ fetch: viaFetch(sessions, (request) => app.fetch(request)) })

// coatcheck/node
viaNode(sessions) satisfies RequestHandler
express()
  .use(viaNode(sessions))
  .use('/admin', viaNode(sessions), Router().use(viaNode(sessions)))
  .use(viaNode(sessions), (req, res, next) => {
    req.query satisfies object
    res.status(200).json({})
    next()
  })
  .get('/orders/:id', viaNode(sessions), async (req, res) => {
    await typed(await sessions.open(req))
    res.send(req.params.id satisfies string)
  })
connect()
  .use(viaNode(sessions))
  .use('/admin', viaNode(sessions))
  .use((req, res) => {
    res.end(req.originalUrl)
  })
createServer(
  viaNode(sessions, async (req, res) => {
    await typed(await sessions.open(req))
    res.writeHead(200, { location: '/' }).end(req.method satisfies string | undefined)
  }),
)
createServer((req, res) => viaNode(sessions)(req, res, () => res.end('ok')))
createHttpsServer(
  {},
  viaNode(sessions, (req, res) => void res.end(req.url)),
)
createHttp2Server(viaNode(sessions, (req, res) => void res.end(req.authority)))
createSecureServer(
  {},
  viaNode(sessions, (req: Http2ServerRequest, res: Http2ServerResponse) => void res.end(req.authority)),
)

// What `open` takes
export function opens(request: Request, node: import('node:http').IncomingMessage, http2: Http2ServerRequest): void {
  void [sessions.open(request), sessions.open(request.clone()), sessions.open(node), sessions.open(http2)]
  const own: Pick<typeof sessions, 'open'> = sessions
  void own
}
new Hono<Env>().get('/', async (c) => {
  await Promise.all([sessions.open(c), sessions.open(c.req), sessions.open(c.req.raw)])
  // @ts-expect-error: the answer
  await sessions.open(c.res)
  return c.text('ok')
})
express().use(async (req, res) => {
  await sessions.open(req)
  // @ts-expect-error: the answer
  await sessions.open(res)
})
connect().use(async (req, res) => {
  await sessions.open(req)
  // @ts-expect-error: the answer
  await sessions.open(res)
})
export function refuses(response: Response, node: import('node:http').ServerResponse): void {
  // @ts-expect-error: nothing
  sessions.open()
  // @ts-expect-error: nothing that is known
  sessions.open({})
  // @ts-expect-error: no object
  sessions.open('https://app.test/')
  // @ts-expect-error: an answer
  sessions.open(response)
  // @ts-expect-error: an answer
  sessions.open(node)
  // @ts-expect-error: an app
  sessions.open(new Hono())
  // @ts-expect-error: an app
  sessions.open(express())
  // @ts-expect-error: an app
  sessions.open(connect())
  // @ts-expect-error: a server
  sessions.open(createServer())
  // @ts-expect-error: headers alone
  sessions.open(new Headers())
  // @ts-expect-error: the sessions
  sessions.open(sessions)
}
