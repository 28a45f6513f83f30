import { createRequire } from 'node:module'
import express, { type Express } from 'express'
import expressSession, { MemoryStore, type SessionData } from 'express-session'
import { guard } from '../guard.ts'
import { valueIn } from '../trace.ts'
import type { Gates } from './gates.ts'
import { latency } from './latency.ts'

declare module 'express-session' {
  interface SessionData {
    visitor: string | null
    [tag: `tag ${string}`]: boolean
  }
}

export const RIVAL = '/try/express-session'
export const RIVAL_COOKIE = 'express-session'

const manifest: unknown = createRequire(import.meta.url)('express-session/package.json')
/** `express-session` and its version, as it runs here. */
export const rivalName: string = `express-session ${(manifest as { readonly version: string }).version}`

const AGE = 10 * 60 * 1000

/** What the buttons of the first page send, answered by express-session, signing in and out as its own documentation does it. */
export function expressSessionTrials(secrets: string | readonly string[], gates: Gates): Express {
  const app = express().disable('x-powered-by')
  app.use(guard.node)
  const store = new SlowMemoryStore()
  setInterval(() => store.all(() => {}), AGE).unref() // drops what has expired
  app.use(
    expressSession({
      secret: [secrets].flat(),
      name: RIVAL_COOKIE,
      resave: false,
      saveUninitialized: false,
      store,
      cookie: { path: RIVAL, httpOnly: true, sameSite: 'lax', maxAge: AGE },
    }),
  )
  const rival = express.Router()
  app.use(RIVAL, rival)

  rival.post('/sign-in', async (req, res) => {
    await done((callback) => req.session.regenerate(callback))
    req.session.visitor = 'ada'
    await done((callback) => req.session.save(callback))
    res.sendStatus(204)
  })

  rival.post('/sign-out', async (req, res) => {
    req.session.visitor = null
    await done((callback) => req.session.save(callback))
    await done((callback) => req.session.regenerate(callback))
    res.sendStatus(204)
  })

  rival.post('/add', async (req, res) => {
    await latency() // asks another server
    req.session[`tag ${req.query.tag}`] = true
    res.sendStatus(204)
  })

  rival.post('/slow', async (req, res) => {
    await gates.pass(req.get('x-trial') ?? '')
    req.session['tag of the slow request'] = true
    res.sendStatus(204)
  })

  rival.get('/who', (req, res) => {
    const tags = Object.keys(req.session).filter((key) => key.startsWith('tag '))
    res.json({ user: req.session.visitor ?? null, tags: tags.length })
  })

  rival.get('/copy', (req, res) => {
    res.type('text').send(`${RIVAL_COOKIE}=${valueIn(req.get('cookie') ?? '', RIVAL_COOKIE)}`)
  })
  return app
}

/** The store that express-session comes with, as far away as a database. */
class SlowMemoryStore extends MemoryStore {
  override async get(id: string, callback: (error: unknown, session?: SessionData | null) => void): Promise<void> {
    await latency()
    super.get(id, callback)
  }

  override async set(id: string, session: SessionData, callback?: (error?: unknown) => void): Promise<void> {
    await latency()
    super.set(id, session, callback)
  }

  override async destroy(id: string, callback?: (error?: unknown) => void): Promise<void> {
    await latency()
    super.destroy(id, callback)
  }

  override async touch(id: string, session: SessionData, callback?: () => void): Promise<void> {
    await latency()
    super.touch(id, session, callback)
  }
}

function done(call: (callback: (error: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => call((error) => (error ? reject(error) : resolve())))
}
