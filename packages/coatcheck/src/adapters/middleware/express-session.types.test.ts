import { RedisStore } from 'connect-redis'
import express from 'express'
import type { SessionData } from 'express-session'
import { createClient } from 'redis'
import { memoryStore } from '../../stores/memory.ts'
import session, { type SessionOptions } from './express-session.ts'

// What only the compiler checks: ours beside @types/express-session, whose `SessionData` an application has filled in. Two declarations of
// `Request.session` would be TS2717.

declare module 'express-session' {
  interface SessionData {
    coatcheckUser: { readonly id: number }
  }
}

// the names that a default import of express-session brings along
const options: session.SessionOptions = {
  secret: 'a secret',
  cookie: { maxAge: 60_000, sameSite: 'lax', secure: 'auto' },
  resave: false,
}
const app = express()
app.use(session({ secret: 'a secret' }))
app.use(session({ secret: Buffer.from('a secret') }))
app.use(session({ secret: [Buffer.from('a secret'), 'an older one'] }))
app.use(session(options))
app.use(session({ ...options, store: memoryStore() }))
app.use(session({ secret: 'a secret', store: new session.MemoryStore() }))
app.use(session({ secret: 'a secret', store: new RedisStore({ client: createClient() }) }))
// @ts-expect-error: no option of this name
app.use(session({ secret: 'a secret', saveUninitialised: false }))

// F42: the session of a request is typed by what express-session's own types say
app.get('/', (req, res) => {
  const id: number | undefined = req.session.coatcheckUser?.id
  // @ts-expect-error: nobody may be signed in
  const sure: number = req.session.coatcheckUser.id
  // @ts-expect-error: no user
  req.session.coatcheckUser = 'ada'
  req.session.cookie.maxAge = 60_000
  req.session.regenerate((error: unknown) => {
    req.session.coatcheckUser = { id: 1 }
    req.session.save(() => res.json([error, id, sure, req.sessionID, req.session.id]))
  })
  req.sessionStore.destroy(req.sessionID)
})

export const cookie: session.CookieOptions = { maxAge: 1 }
export const store: session.Store | session.MemoryStore = new session.MemoryStore()
export const ended = (mine: session.Session): session.Cookie => mine.destroy().cookie
export const ours: SessionOptions = options
export const data: Partial<SessionData> = { coatcheckUser: { id: 1 } }
