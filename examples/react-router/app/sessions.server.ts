import { createSessions } from 'coatcheck'
import { sessionMiddleware } from 'coatcheck/react-router'
import { createCookieSessionStorage, createSessionStorage } from 'coatcheck/remix' // was: 'react-router'
import { sqliteStore } from 'coatcheck/stores/sqlite'

export interface Values {
  visits: number
  cart: string[]
  language: string
  user: string
}
export interface Flashes {
  flash: string
  error: string
}

const name = process.env.SESSION_COOKIE ?? '__session'
// A default for trying out, which everybody can read here. A real site sets the variable.
const secrets = [process.env.SESSION_SECRET ?? 'only-for-trying-out-x7Kp2mQ9vT4w']
const file = process.env.COATCHECK_STORE
const store = file ? sqliteStore({ path: file }) : undefined

const cookie = { name, secrets, path: '/', sameSite: 'lax', httpOnly: true, secure: true } as const

// What the actions and the sign-in page use: the framework's own interface.
export const { getSession, commitSession, destroySession } = store
  ? createSessionStorage<Values, Flashes>({ cookie, store })
  : createCookieSessionStorage<Values, Flashes>({ cookie })

// What the first page uses: the same sessions as a middleware, so that nothing has to be committed.
const sessions = createSessions<Values, Flashes>({ secrets, cookie: { name }, ...(store && { store }) })
export const visit = sessionMiddleware(sessions)
