import type { SecureSession, Session, SessionOptions } from 'coatcheck/fastify'
import { sqliteStore } from 'coatcheck/stores/sqlite'

const { SESSION_SECRET, SESSION_COOKIE, COATCHECK_STORE, PORT, BASE } = process.env

export const port = Number(PORT ?? 3000)
/** What comes before all paths, such as `/fastify`. */
export const base = BASE ?? ''

// For development only: everybody can read it here.
const secret = SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc'
const cookieName = SESSION_COOKIE ?? 'fastify'

/** With a store, in the interface of @fastify/session. */
export const stored: SessionOptions | undefined = COATCHECK_STORE
  ? {
      secret,
      cookieName,
      cookie: { secure: 'auto', sameSite: 'lax' },
      saveUninitialized: false,
      rolling: false,
      store: sqliteStore({ path: COATCHECK_STORE }),
    }
  : undefined

/** Without one, in that of @fastify/secure-session. */
export const sealed = { secret, cookieName, cookie: { path: '/', secure: 'auto' } } as const

/** What a session holds. */
export interface Shop {
  visits: number
  cart: string[]
  language: string
  user: string
  /** Shown once. */
  message: string
  error: string
}

export type ShopSession = Session<Shop> | SecureSession<Shop>

declare module 'fastify' {
  interface FastifyRequest {
    session: ShopSession
  }
}
