import { readFileSync } from 'node:fs'
import { request as ask, createServer, type IncomingMessage } from 'node:http'
import express from 'express'
import { H3, type H3Event } from 'h3'
import { createApp, defineEventHandler, toNodeListener } from 'h3-v1'
import { Hono } from 'hono'
import { createStaticHandler, RouterContextProvider } from 'react-router'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Entry } from '../../test/helpers/attacks.ts'
import { forged, forgeries } from '../../test/helpers/forgeries.ts'
import { serving } from '../../test/helpers/serving.ts'
import { SECRET } from '../../test/helpers/site.ts'
import { withSession } from '../adapters/fetch.ts'
import { useSession } from '../adapters/h3.ts'
import { withSession as withHono } from '../adapters/hono.ts'
import { withSession as withNode } from '../adapters/node.ts'
import { type CrossSite, crossSite } from '../csrf.ts'
import { createSessions, SessionError } from '../index.ts'
import { memoryStore } from '../stores/memory.ts'

/** A server of one kind behind the guard: its answer, and the requests that reached its handler. */
type Serve = (request: Request) => Promise<Response>
type Open = (guard: CrossSite, reached: (method: string) => void) => Serve | Promise<Serve>

/** The same request over HTTP, with the headers that only a browser may set. */
async function over(origin: string, request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const headers = Object.fromEntries(request.headers)
  return new Promise((resolve, reject) => {
    const sent = ask(origin, { path: `${pathname}${search}`, method: request.method, headers }, (answer: IncomingMessage) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('end', () =>
        resolve(new Response(Buffer.concat(parts), { status: answer.statusCode ?? 0, headers: answer.headers as never })),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

const SERVERS: Readonly<Record<string, Open>> = {
  fetch: (guard, reached) =>
    guard.fetch((request) => {
      reached(request.method)
      return new Response('done')
    }),
  Hono(guard, reached) {
    const app = new Hono()
    app.use(guard.middleware)
    app.all('*', (c) => {
      reached(c.req.method)
      return c.text('done')
    })
    return async (request) => app.fetch(request)
  },
  'h3 2 and Nitro 3'(guard, reached) {
    const app = new H3()
    app.use(guard.middleware)
    app.all('/**', (event) => {
      reached(event.req.method)
      return 'done'
    })
    return async (request) => app.fetch(request)
  },
  async 'h3 1, Nitro 2 and Nuxt'(guard, reached) {
    const app = createApp()
    app.use(defineEventHandler((event) => guard.middleware(event)))
    app.use(
      defineEventHandler((event) => {
        reached(event.method)
        return 'done'
      }),
    )
    const { origin } = await serving(toNodeListener(app))
    return (request) => over(origin, request)
  },
  async Express(guard, reached) {
    const app = express()
    app.use(guard.node)
    app.use((req, res) => {
      reached(req.method)
      res.send('done')
    })
    const { origin } = await serving(app)
    return (request) => over(origin, request)
  },
  async 'node:http'(guard, reached) {
    const server = createServer((req, res) =>
      guard.node(req, res, () => {
        reached(req.method ?? '')
        res.end('done')
      }),
    )
    const { origin } = await serving(server)
    return (request) => over(origin, request)
  },
  'React Router'(guard, reached) {
    const page = async ({ request }: { request: Request }) => {
      reached(request.method)
      return new Response('done')
    }
    const route = { id: 'page', path: '*', middleware: [guard.middleware], loader: page, action: page }
    const { queryRoute } = createStaticHandler([route] as never)
    const generate = async (query: (request: Request) => Promise<unknown>, request: Request) => (await query(request)) as Response
    return async (request) => {
      const requestContext = new RouterContextProvider()
      return (await queryRoute(request, {
        requestContext,
        generateMiddlewareResponse: (query: never) => generate(query, request),
      } as never)) as Response
    }
  },
  'Astro and Remix 3': (guard, reached) => (request) =>
    guard.middleware({ request }, async () => {
      reached(request.method)
      return new Response('done')
    }),
  async 'Remix, Hydrogen: loaders and actions'(guard, reached) {
    const action = async ({ request }: { request: Request }) => {
      await guard.protect(request)
      reached(request.method)
      return new Response('done')
    }
    return (request) => action({ request }).catch((thrown: Response) => thrown)
  },
}

const FORGERIES = forgeries(
  JSON.parse(readFileSync(new URL('../../test/vectors/attacks.json', import.meta.url), 'utf8')) as Entry[],
)

describe.each(Object.entries(SERVERS))('ASVS 3.5.1: behind %s', (name, open) => {
  it(`no forgery of the corpus reaches the handler`, async () => {
    const reached: string[] = []
    const serve = await open(crossSite({ changesOnGet: ['/leave'] }), (method) => reached.push(method))
    for (const forgery of FORGERIES) {
      const response = await serve(forged(forgery.request, 'https://app.test'))
      const text = await response.text()
      expect([forgery.id, response.status, text]).toEqual(
        forgery.reaches ? [forgery.id, 200, 'done'] : [forgery.id, 403, expect.stringMatching(/^Forbidden \([a-z-]+\): \S/)],
      )
      if (!forgery.reaches) expect(response.headers.get('cache-control')).toBe('no-store')
    }
    expect(reached).toEqual(FORGERIES.flatMap(({ reaches }) => reaches ?? []))
    expect(FORGERIES).toHaveLength(23)
  })

  it('what the site itself sends does', async () => {
    const reached: string[] = []
    const serve = await open(crossSite({ changesOnGet: ['/leave'] }), (method) => reached.push(method))
    const ours: [string, string, Record<string, string>][] = [
      ['GET', '/', { 'sec-fetch-site': 'cross-site' }],
      ['POST', '/change', { 'sec-fetch-site': 'same-origin', origin: 'https://app.test' }],
      ['POST', '/change', { 'sec-fetch-site': 'same-origin', origin: 'null' }],
      ['POST', '/change', { origin: 'https://app.test' }],
      ['GET', '/leave', { 'sec-fetch-site': 'same-origin' }],
      ['GET', '/leave', { 'sec-fetch-site': 'none' }],
    ]
    for (const [method, path, headers] of ours) {
      const response = await serve(forged({ method, path, headers }, 'https://app.test'))
      expect([name, method, headers, await response.text()]).toEqual([name, method, headers, 'done'])
    }
    expect(reached).toEqual(ours.map(([method]) => method))
  })
})

describe('with a token', () => {
  const changed = (token: string) => (token.startsWith('A') ? 'B' : 'A') + token.slice(1)
  const sessions = () => createSessions({ secrets: SECRET, store: memoryStore(), cookie: { sameSite: 'none' } })
  const from = (cookie: string, token: string) => ({
    method: 'POST',
    headers: {
      cookie,
      'sec-fetch-site': 'cross-site',
      origin: 'https://partner.example',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ token, name: 'hat' }).toString(),
  })
  const cookieOf = (response: Response) => response.headers.getSetCookie()[0]?.split(';')[0] ?? ''

  it('fetch: the form stays readable for the handler', async () => {
    const all = sessions()
    const guard = crossSite({
      token: async (request: Request) => ({
        session: await all.open(request),
        token: (await request.clone().formData()).get('token'),
      }),
    })
    const serve = withSession(
      all,
      guard.fetch(async (request) => {
        const session = await all.open(request)
        if (request.method === 'POST') return new Response(String((await request.formData()).get('name')))
        session.signIn('ada')
        return new Response(await guard.token(session))
      }),
    )
    const page = await serve(new Request('https://shop.example/'))
    const [cookie, token] = [cookieOf(page), await page.text()]
    const send = async (...given: [string, string]) => serve(new Request('https://shop.example/', from(...given)))
    expect(await (await send(cookie, token)).text()).toBe('hat')
    expect(await (await send(cookie, changed(token))).text()).toContain('(wrong-token)')
    expect((await send('', token)).status, 'the token without its session').toBe(403)
    const noForm = {
      ...from(cookie, token),
      body: 'x',
      headers: { ...from(cookie, '').headers, 'content-type': 'multipart/form-data' },
    }
    expect((await serve(new Request('https://shop.example/', noForm))).status, 'a form that nobody can read').toBe(403)
  })

  it('Hono', async () => {
    const all = sessions()
    const guard = crossSite({
      token: async (c: import('hono').Context) => ({ session: await all.open(c), token: (await c.req.parseBody()).token }),
    })
    const app = new Hono()
    app.use(withHono(all), guard.middleware)
    app.get('/', async (c) => {
      const session = await all.open(c)
      session.signIn('ada')
      return c.text(await guard.token(session))
    })
    app.post('/', async (c) => c.text(String((await c.req.parseBody()).name)))
    const page = await app.request('https://shop.example/')
    const [cookie, token] = [cookieOf(page), await page.text()]
    expect(await (await app.request('https://shop.example/', from(cookie, token))).text()).toBe('hat')
    expect((await app.request('https://shop.example/', from(cookie, changed(token)))).status).toBe(403)
  })

  it('h3, whose sessions have data and update', async () => {
    const config = { password: SECRET, name: 'h3', cookie: { sameSite: 'none' as const } }
    const guard = crossSite({
      token: async (event: H3Event) => ({
        session: await useSession(event, config),
        token: (await event.req.clone().formData()).get('token'),
        owner: 'ada',
      }),
    })
    const app = new H3()
    app.use(guard.middleware)
    app.get('/', async (event) => guard.token(await useSession(event, config), 'ada'))
    app.post('/', async (event) => String((await event.req.formData()).get('name')))
    const page = await app.request('https://shop.example/')
    const [cookie, token] = [cookieOf(page), await page.text()]
    expect(await (await app.request('https://shop.example/', from(cookie, token))).text()).toBe('hat')
    expect((await app.request('https://shop.example/', from(cookie, changed(token)))).status).toBe(403)
  })

  it('Express', async () => {
    const all = sessions()
    const guard = crossSite({
      token: async (req: express.Request) => ({ session: await all.open(req), token: req.body.token }),
    })
    const app = express()
    app.use(withNode(all), express.urlencoded(), guard.node)
    app.get('/', async (req, res) => {
      const session = await all.open(req)
      session.signIn('ada')
      res.send(await guard.token(session))
    })
    app.post('/', (req, res) => void res.send(req.body.name))
    const { origin } = await serving(app)
    const page = await fetch(origin)
    const [cookie, token] = [cookieOf(page), await page.text()]
    expect(await (await fetch(origin, from(cookie, token))).text()).toBe('hat')
    expect((await fetch(origin, from(cookie, changed(token)))).status).toBe(403)
  })
})

describe.each(['Express', 'node:http'])('a token that cannot be looked at, because the store is down, in %s', (where) => {
  it('fails the request, and no handler runs', async () => {
    const told = vi.spyOn(console, 'error').mockImplementation(() => {})
    onTestFinished(() => told.mockRestore())
    const guard = crossSite({ token: () => Promise.reject(new SessionError('STORE_FAILED', 'The store is down.')) })
    let ran = false
    const app = express()
    app.use(guard.node, () => {
      ran = true
    })
    const plain = createServer((req, res) =>
      guard.node(req, res, () => {
        ran = true
        res.end()
      }),
    )
    const { origin } = await serving(where === 'Express' ? app : plain)
    const forgery = { method: 'POST', path: '/', headers: { 'sec-fetch-site': 'cross-site' } }
    const response = await over(origin, forged(forgery, 'https://app.test'))
    expect([response.status, ran]).toEqual([500, false])
  })
})

it('in Express what passes without a token goes on in the same turn', () => {
  let went = false
  const res = { statusCode: 200, setHeader: () => {}, end: () => {} }
  crossSite().node({ method: 'GET', url: '/', headers: {} }, res, () => {
    went = true
  })
  expect(went).toBe(true)
})
