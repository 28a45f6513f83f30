import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import cookieSession from 'cookie-session'
import express, { type Express } from 'express'
import session from 'express-session'
import { withSession } from '../../src/adapters/node.ts'
import { createSessions } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { modules } from '../helpers/command.ts'

/** What `coatcheck doctor` is called with, and where. */
export interface Doctored {
  readonly args: readonly string[]
  readonly folder?: string
}

/** Starts and stops what one test needs. */
export interface Ground {
  /** The port of a server on the loopback interface. */
  serve(listener: RequestListener): Promise<number>
  /** A folder with a module that makes sessions; `imports` are entries of the sources. */
  module(text: string): string
  done(): Promise<void>
}

export function ground(): Ground {
  const servers: Server[] = []
  const { module, remove } = modules()
  return {
    async serve(listener) {
      const server = createServer(listener)
      servers.push(server)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return (server.address() as AddressInfo).port
    },
    module,
    async done() {
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
      remove()
    },
  }
}

const SECRET = 'Jx9mQ4vR2tY7wB5nC8kD1fG6hL3pZ0sA'
const OTHER = 'Vb3nM8qW1eR6tY2uI9oP5aS7dF4gH0jK'
/** The name has no address: `--connect` says where it is. */
const AT = (port: number): string[] => ['http://shop.example', '--connect', `127.0.0.1:${port}`]
const BEGIN = ['--begin', 'POST /add article=hat']

/** An application on express-session whose page shows a cart. */
function shop(options: Partial<session.SessionOptions> = {}, change: (app: Express) => void = () => {}): Express {
  const app = express()
  change(app)
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, name: 'sid', ...options }))
  app.post('/add', (req, res) => {
    Object.assign(req.session, { cart: 1 })
    res.redirect(303, '/')
  })
  app.get('/', (req, res) => {
    res.set('cache-control', 'private, no-cache').send(`<p>cart: ${'cart' in req.session ? 1 : 0}</p>`)
  })
  return app
}

/** One on ours. */
function ours(options: Parameters<typeof createSessions>[0]): RequestListener {
  const sessions = createSessions(options)
  return withSession(sessions, async (req, res) => {
    const mine = await sessions.open(req)
    if (req.method === 'POST') mine.set('cart', 1)
    res.end(`<p>cart: ${mine.get('cart') ?? 0}</p>`)
  })
}

/** What stands before a server and passes on what it says. */
function proxy(port: number, pass: (answer: IncomingMessage, asked: IncomingMessage) => void): RequestListener {
  return (asked, response) => {
    const { method, url: path, headers } = asked
    asked.pipe(
      request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
        pass(answer, asked)
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      }),
    )
  }
}

/** A cache before a server that keeps every GET for everybody, Set-Cookie and all. */
function cache(port: number): RequestListener {
  const kept = new Map<string, { readonly headers: IncomingMessage['headers']; readonly body: Buffer }>()
  return (asked, response) => {
    const { method, url: path = '', headers } = asked
    const known = method === 'GET' ? kept.get(path) : undefined
    if (known) return void response.writeHead(200, { ...known.headers, age: '1' }).end(known.body)
    if (method !== 'GET') kept.clear() // RFC 9111 4.4
    asked.pipe(
      request({ host: '127.0.0.1', port, method, path, headers }, async (answer) => {
        const parts: Buffer[] = []
        for await (const part of answer) parts.push(part)
        const body = Buffer.concat(parts)
        if (method === 'GET') kept.set(path, { headers: answer.headers, body })
        response.writeHead(answer.statusCode ?? 502, answer.headers).end(body)
      }),
    )
  }
}

/** A site that keeps what a visitor did by whatever the cookie says. */
function gullible(): RequestListener {
  const carts = new Map<string, number>()
  return (req, res) => {
    const known = /sid=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]
    const id = known ?? createHmac('sha256', SECRET).update(String(carts.size)).digest('hex')
    if (req.method === 'POST') {
      carts.set(id, 1)
      if (!known) res.setHeader('set-cookie', `sid=${id}; Path=/; HttpOnly; SameSite=Lax`)
    }
    res.setHeader('cache-control', 'private')
    res.end(`<p>cart: ${carts.get(id) ?? 0}</p>`)
  }
}

type Make = (ground: Ground) => Promise<Doctored> | Doctored

const byModule =
  (text: string): Make =>
  ({ module }) => ({ args: [], folder: module(text) })
const bySite =
  (listener: () => RequestListener, ...more: string[]): Make =>
  async ({ serve }) => ({ args: [...AT(await serve(listener())), ...BEGIN, ...more] })

const behindCache =
  (options: Partial<session.SessionOptions>): Make =>
  async ({ serve }) => ({ args: [...AT(await serve(cache(await serve(shop(options))))), ...BEGIN] })

/** The applications of the faults that doctor names, by the name of the fault. */
export const DOCTORED: Readonly<Record<string, Make>> = {
  'secret not set': byModule(
    'export const sessions = createSessions({ secrets: process.env.NOBODY_SET_THIS, store: memoryStore() })',
  ),
  'secret of a document': byModule(
    "export const sessions = createSessions({ secrets: 'complex_password_at_least_32_characters_long' })",
  ),
  'secret of words': byModule(
    "export const sessions = createSessions({ secrets: 'correct horse battery staple and some more words' })",
  ),
  'secret that ends': byModule(
    `export const sessions = createSessions({ secrets: [{ secret: '${SECRET}', until: Date.now() + 86_400_000 }] })`,
  ),
  'misspelled option': byModule(`export const sessions = createSessions({ secrets: '${SECRET}', idleTimout: 60 } as never)`),
  'cookie for every subdomain': byModule(
    `export const sessions = createSessions({ secrets: '${SECRET}', cookie: { name: '__Secure-shop', domain: 'example.com' } })`,
  ),
  'store in memory': byModule(`export const sessions = createSessions({ secrets: '${SECRET}', store: memoryStore() })`),
  'store that overwrites': byModule(`
    const rows = new Map<string, { record: object; version: string }>()
    let n = 0
    const put = async (key: string, record: object) => (rows.set(key, { record, version: String(++n) }), String(n))
    const store = { read: async (key: string) => rows.get(key), create: put, update: put, delete: async (key: string) => rows.delete(key) }
    export const sessions = createSessions({ secrets: '${SECRET}', store: store as never })`),
  'store that is down': byModule(`
    import pg from ${JSON.stringify(import.meta.resolve('pg'))}
    const pool = new pg.Pool({ host: '127.0.0.1', port: 1, user: 'nobody', database: 'none' })
    export const sessions = createSessions({ secrets: '${SECRET}', store: postgresStore(pool) })`),
  'store that nobody prunes': byModule(`
    const store = sqliteStore({ path: file('shop.sqlite') })
    for (let n = 0; n < 30; n++) {
      const key = n.toString(16).padStart(64, '0')
      await store.create(key, { data: '{}', createdAt: 1, endsAt: 2, expiresAt: 2 })
    }
    export const sessions = createSessions({ secrets: '${SECRET}', store })`),
  'clock of the sessions off by a day': byModule(
    `export const sessions = createSessions({ secrets: '${SECRET}', now: () => Date.now() + 86_400_000 })`,
  ),

  'secure cookie over http': bySite(() => ours({ secrets: SECRET, store: memoryStore() })),
  'SameSite=None without Secure': bySite(() => shop({ cookie: { sameSite: 'none', secure: false } })),
  'cookie that scripts read': bySite(() => shop({ cookie: { httpOnly: false } })),
  'cookie for another host': bySite(() => shop({ cookie: { domain: 'other.example' } })),
  'prefix and path contradict each other': bySite(
    (): RequestListener => (req, res) => {
      if (req.method === 'POST')
        res.setHeader('set-cookie', '__Host-sid=c8f0d3b2a6e14795; Path=/add; Secure; HttpOnly; SameSite=Lax')
      res.end('hello')
    },
  ),
  'cookie over 4096 bytes': bySite(() => {
    const app = express().use(cookieSession({ keys: [SECRET], httpOnly: true }))
    app.post('/add', (req, res) => {
      Object.assign(req.session ?? {}, { cart: 'hat '.repeat(1500) })
      res.end()
    })
    return app.get('/', (_, res) => void res.send('hello'))
  }),
  'session begun by looking': bySite(() => shop({ saveUninitialized: true })),
  'two middlewares set one cookie': bySite(() => {
    const app = express()
    for (const secret of [SECRET, OTHER]) app.use(session({ secret, resave: true, saveUninitialized: true, name: 'sid' }))
    app.use((req, _, next) => {
      if (req.method === 'POST') Object.assign(req.session, { cart: 1 })
      next()
    })
    return app.use((_, res) => {
      res.append('set-cookie', 'sid=s%3Aother.value; Path=/; HttpOnly; SameSite=Lax')
      res.send('hello')
    })
  }),
  'two applications on one cookie': async ({ serve }) => {
    const ports = [await serve(shop()), await serve(shop({ secret: OTHER }))]
    return { args: [...ports.map((port) => `http://127.0.0.1:${port}`), ...BEGIN] }
  },
  'proxy that strips Set-Cookie': async ({ serve }) => {
    const behind = await serve(shop())
    const port = await serve(proxy(behind, ({ headers }) => delete headers['set-cookie']))
    return { args: [...AT(port), ...BEGIN, '--direct', `127.0.0.1:${behind}`] }
  },
  'cookie that nothing sets': bySite(() => express().use((_, res) => void res.send('hello'))),
  'secret that differs between instances': async ({ serve }) => {
    const store = memoryStore()
    const cookie = { name: 'session', secure: false }
    const ports = [await serve(ours({ secrets: SECRET, store, cookie })), await serve(ours({ secrets: OTHER, store, cookie }))]
    return { args: ['http://shop.example', ...ports.flatMap((port) => ['--connect', `127.0.0.1:${port}`]), ...BEGIN] }
  },
  'CDN that keeps Set-Cookie': behindCache({ saveUninitialized: true }),
  'CDN that keeps pages of a session': behindCache({}),
  'page of a session for shared caches': bySite(() => {
    const app = shop()
    return (req, res) => {
      const set = res.setHeader.bind(res)
      res.setHeader = ((name: string, value: string) =>
        set(name, /^cache-control$/i.test(name) ? 'public, max-age=60' : value)) as never
      app(req, res)
    }
  }),
  'bodies cached by a service worker': bySite(() => {
    const app = express()
    app.get('/worker.js', (_, res) => {
      res.type('js').send("addEventListener('fetch', (e) => e.respondWith(caches.open('all').then((c) => c.match(e.request))))")
    })
    app.get('/start.js', (_, res) => void res.type('js').send("navigator.serviceWorker.register('/worker.js')"))
    return app.use((_, res) => void res.send('<script src="/start.js"></script>'))
  }),
  'ticket in the page': bySite(() =>
    shop({}, (app) => app.get('/', (req, res, next) => (req.headers.cookie ? void res.send(req.headers.cookie) : next()))),
  ),
  'ticket of the attacker’s choice': bySite(gullible),
  'any origin may read': bySite(() =>
    shop({}, (app) =>
      app.use((req, res, next) => {
        res.set('access-control-allow-origin', req.headers.origin ?? '*').set('access-control-allow-credentials', 'true')
        next()
      }),
    ),
  ),
  'believes X-Forwarded-Host': bySite(() =>
    shop({}, (app) => {
      app.set('trust proxy', true)
      app.get('/', (req, res) => void res.send(`<link rel="canonical" href="//${req.host}/">`))
    }),
  ),
  'clock of the server off by a day': bySite(() => (_, res) => {
    res.sendDate = false
    res.setHeader('date', new Date(Date.now() - 86_400_000).toUTCString())
    res.end('hello')
  }),
  'nobody answers': ({ serve: _ }) => ({ args: ['http://127.0.0.1:1'] }),
}
