import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { doubleCsrf } from 'csrf-csrf'
import { csrfSync } from 'csrf-sync'
import express, { type Express, type Request } from 'express'
import { rateLimit } from 'express-rate-limit'
import upstream from 'express-session'
import { Server as Sockets } from 'socket.io'
import { io } from 'socket.io-client'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { watched } from '../../../../test/helpers/watched.ts'
import { deviceBound } from '../../../device-bound.ts'
import { memoryStore } from '../../../stores/memory.ts'
import { deviceVisitor } from '../../../testing/device-visitor.ts'
import { createJar } from '../../../testing/jar.ts'
import session from '../express-session.ts'

// Middleware that was written for express-session, on ours.

// They have no types of their own.
const require = createRequire(import.meta.url)
const lusca = require('lusca')
const flash = require('connect-flash') as () => never
type Told = (error: null, user?: unknown, more?: object) => void
type Check = (name: string, password: string, done: Told) => void
const { Strategy } = require('passport-local') as { Strategy: new (check: Check) => object }
interface Passport {
  use(strategy: object): void
  serializeUser(write: (user: { name: string }, done: Told) => void): void
  deserializeUser(read: (name: string, done: Told) => void): void
  initialize(): never
  session(): never
  authenticate(name: string, options: object): never
}
const { Passport } = require('passport') as { Passport: new () => Passport }

const given = { secret: 'a secret that is long enough for all', resave: false, saveUninitialized: false }

async function listening(app: Express, more: (server: Server) => unknown = () => {}) {
  const server = createServer(app)
  more(server)
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const visitor = () => {
    const jar = createJar()
    const cookies = (): string => jar.header(base) ?? ''
    const ask = async (path: string, form?: Record<string, string>, headers: Record<string, string> = {}) => {
      const response = await fetch(base + path, {
        redirect: 'manual',
        ...(form && { method: 'POST', body: new URLSearchParams(form) }),
        headers: { cookie: cookies(), ...headers },
      })
      for (const line of response.headers.getSetCookie()) jar.set(line, base)
      return `${response.status} ${response.headers.get('location') ?? (await response.text())}`
    }
    return Object.assign(ask, { cookies })
  }
  return { base, visitor }
}

type Seen = Request & { user?: { name: string }; flash(key: string, value?: string): unknown; session: Record<string, unknown> }

describe('passport 0.7', () => {
  const site = async (more = {}) => {
    const auth = new Passport()
    auth.use(
      new Strategy((name, password, done) =>
        password === 'lovelace' ? done(null, { name }) : done(null, false, { message: 'Wrong password' }),
      ),
    )
    auth.serializeUser((user, done) => done(null, user.name))
    auth.deserializeUser((name: string, done) => done(null, { name }))
    const app = express()
    app.use(express.urlencoded({ extended: false }), session({ ...given, ...more }) as never, flash())
    app.use(auth.initialize(), auth.session())
    const how = { successRedirect: '/', failureRedirect: '/', failureMessage: true, failureFlash: true, successFlash: 'Welcome' }
    app.post('/login', auth.authenticate('local', { ...how, keepSessionInfo: true }))
    app.post('/fresh', auth.authenticate('local', { successRedirect: '/', failureRedirect: '/' }) as never)
    app.post('/logout', (req, res, next) =>
      (req as never as { logout(done: (e?: unknown) => void): void }).logout((error) =>
        error ? next(error) : res.redirect('/'),
      ),
    )
    app.post('/cart', (req, res) => {
      ;(req as unknown as Seen).session['cart'] = ['hat']
      res.end()
    })
    app.get('/', (req, res) => {
      const { user, session: own } = req as unknown as Seen
      const messages = [(req as unknown as Seen).flash('error'), (req as unknown as Seen).flash('success')]
      res.json([user?.name ?? null, own['cart'] ?? null, own['messages'] ?? null, messages])
    })
    return listening(app)
  }

  test('signs in, keeps the guest’s values where it is asked to, and signs out', async () => {
    const { visitor } = await site()
    const eve = visitor()
    await eve('/cart', {})
    const guest = eve.cookies()
    expect(await eve('/login', { username: 'ada', password: 'lovelace' })).toBe('302 /')
    expect(eve.cookies()).not.toBe(guest)
    expect(await eve('/')).toBe('200 ["ada",["hat"],null,[[],["Welcome"]]]')
    const signedIn = eve.cookies()
    expect(await eve('/logout', {})).toBe('302 /')
    expect(await eve('/')).toBe('200 [null,null,null,[[],[]]]')
    for (const old of [guest, signedIn]) expect(await visitor()('/', undefined, { cookie: old })).toMatch(/^200 \[null,null/)
  })

  test('asks the browser for a key when somebody signs in, by itself', async () => {
    const { base } = await site({ deviceBound: deviceBound() })
    const ada = deviceVisitor(base, { follow: false })
    await ada.post('/login', { username: 'ada', password: 'lovelace' })
    expect(ada.deviceEvents).toEqual([{ type: 'registration', result: 'Success' }])
    expect(await (await ada.get('/')).text()).toMatch(/^\["ada",/)
  })

  test('forgets the guest’s values where it is not', async () => {
    const { visitor } = await site()
    const eve = visitor()
    await eve('/cart', {})
    await eve('/fresh', { username: 'ada', password: 'lovelace' })
    expect(await eve('/')).toBe('200 ["ada",null,null,[[],[]]]')
  })

  test('tells what was wrong, once', async () => {
    const { visitor } = await site()
    const eve = visitor()
    expect(await eve('/login', { username: 'ada', password: 'guess' })).toBe('302 /')
    expect(await eve('/')).toBe('200 [null,null,["Wrong password"],[["Wrong password"],[]]]')
    expect(await eve('/')).toBe('200 [null,null,["Wrong password"],[[],[]]]')
  })
})

test('F38: who has no session gets none by being asked for messages of connect-flash', async () => {
  const run = async (make: typeof session, store: { readonly created: () => number; readonly store: object }) => {
    const app = express()
    app.use(make({ ...given, store: store.store } as never) as never, flash())
    app.get('/', (req, res) => {
      res.json([(req as unknown as Seen).flash('info'), (req as unknown as Seen).flash('error')])
    })
    app.get('/leave', (req, res) => {
      ;(req as unknown as Seen).flash('info', 'saved')
      res.redirect('/')
    })
    const { visitor } = await listening(app)
    const eve = visitor()
    const anonymous = [await eve('/'), eve.cookies() === '', store.created()]
    await eve('/leave')
    return [...anonymous, await eve('/'), await eve('/')]
  }
  const ours = watched(memoryStore())
  const once = ['200 [["saved"],[]]', '200 [[],[]]']
  expect(await run(session, { store: ours.store, created: () => ours.writes })).toEqual(['200 [[],[]]', true, 0, ...once])
  const theirs = new upstream.MemoryStore()
  const set = vi.spyOn(theirs, 'set')
  expect(await run(upstream as never, { store: theirs, created: () => set.mock.calls.length })).toEqual([
    ...['200 [[],[]]', false, 1],
    ...once,
  ])
})

test('F37: csrf-csrf 4 binds its token to req.session.id before anything is stored', async () => {
  const { doubleCsrfProtection, generateCsrfToken } = doubleCsrf({
    getSecret: () => 'the secret of csrf-csrf',
    getSessionIdentifier: (req) => (req as unknown as { session: { id: string } }).session.id,
    cookieName: 'csrf',
    cookieOptions: { secure: false },
    getCsrfTokenFromRequest: (req) => req.headers['x-token'] as string,
  })
  const app = express()
  app.use(session(given) as never, (req, _, next) => {
    ;(req as unknown as { cookies: object }).cookies = Object.fromEntries(
      (req.headers.cookie ?? '').split('; ').map((each) => [each.split('=')[0], decodeURIComponent(each.split('=')[1] ?? '')]),
    )
    next()
  })
  app.get('/token', (req, res) => {
    ;(req as unknown as Seen).session['seen'] = true
    res.end(generateCsrfToken(req, res))
  })
  app.post('/', doubleCsrfProtection, (_, res) => void res.end('done'))
  const { visitor } = await listening(app)
  const eve = visitor()
  const token = (await eve('/token')).slice('200 '.length)
  expect(await eve('/', {}, { 'x-token': token })).toBe('200 done')
  expect(await eve('/', {}, { 'x-token': 'forged' })).toMatch(/^403 /)
})

test('csrf-sync and lusca keep their tokens in the session', async () => {
  const { generateToken, csrfSynchronisedProtection } = csrfSync()
  for (const [protect, tokenOf] of [
    [csrfSynchronisedProtection, (req: unknown) => generateToken(req as never)],
    [lusca.csrf({ header: 'x-csrf-token' }), (req: unknown) => (req as { csrfToken(): string }).csrfToken()],
  ] as const) {
    const app = express()
    app.use(express.urlencoded({ extended: false }), session(given) as never, protect)
    app.get('/token', (req, res) => void res.end(tokenOf(req)))
    app.post('/', (_, res) => void res.end('done'))
    const { visitor } = await listening(app)
    const eve = visitor()
    const token = (await eve('/token')).slice('200 '.length)
    expect(await eve('/', {}, { 'x-csrf-token': token })).toBe('200 done')
    expect(await eve('/', {}, { 'x-csrf-token': 'forged' })).toMatch(/^403 /)
  }
})

test('express-rate-limit counts by session', async () => {
  const app = express()
  app.use(session({ ...given, saveUninitialized: true }) as never)
  app.use(
    rateLimit({ limit: 2, keyGenerator: (req) => (req as unknown as { sessionID: string }).sessionID, legacyHeaders: false }),
  )
  app.get('/', (_, res) => void res.end('ok'))
  const { visitor } = await listening(app)
  const [eve, ada] = [visitor(), visitor()]
  expect([await eve('/'), await eve('/'), await ada('/')]).toEqual(['200 ok', '200 ok', '200 ok'])
  expect(await eve('/')).toMatch(/^429 /)
  expect(await ada('/')).toBe('200 ok')
})

test.each(['polling', 'websocket'] as const)('F41: socket.io 4 reads and writes the session, over %s', async (transport) => {
  const app = express()
  const sessions = session(given)
  app.use(sessions as never)
  app.get('/', (req, res) => {
    const own = (req as unknown as Seen).session
    own['n'] = ((own['n'] as number | undefined) ?? 0) + 1
    res.json(own['said'] ?? null)
  })
  const { base, visitor } = await listening(app, (server) => {
    const sockets = new Sockets(server)
    onTestFinished(() => void sockets.close())
    sockets.engine.use(sessions)
    sockets.on('connection', (socket) => {
      const req = socket.request as unknown as {
        session: Record<string, unknown> & { reload(done: () => void): void; save(done: (error?: unknown) => void): void }
      }
      socket.on('say', (word: string, done: (seen: unknown) => void) => {
        req.session.reload(() => {
          req.session['said'] = word
          req.session.save((error) => done(error ? String(error) : req.session['n']))
        })
      })
    })
  })
  const eve = visitor()
  await eve('/')
  const socket = io(base, { transports: [transport], reconnection: false, extraHeaders: { cookie: eve.cookies() } })
  onTestFinished(() => void socket.close())
  await new Promise((resolve) => socket.on('connect', () => resolve(undefined)))
  await eve('/')
  expect(await socket.emitWithAck('say', 'hello')).toBe(2)
  expect(await eve('/')).toBe('200 "hello"')
})
