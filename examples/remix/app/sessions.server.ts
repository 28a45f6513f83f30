import { crossSite } from 'coatcheck/csrf'
import { createFileSessionStorage, createSessionStorage } from 'coatcheck/remix' // was: '@remix-run/node'
import { sqliteStore } from 'coatcheck/stores/sqlite'

interface Data {
  visits: number
  cart: string[]
  language: string
  user: string
}

interface Flash {
  message: string
  error: string
}

const cookie = {
  name: process.env.SESSION_COOKIE ?? '__session',
  // A default for development; a real site sets the variable.
  secrets: [process.env.SESSION_SECRET ?? 'only for development, 32 characters!'],
  sameSite: 'lax' as const,
  path: '/',
  httpOnly: true,
  secure: true,
}

const file = process.env.COATCHECK_STORE

export const { getSession, commitSession, destroySession } = file
  ? createSessionStorage<Data, Flash>({ cookie, store: sqliteStore({ path: file }) })
  : createFileSessionStorage<Data, Flash>({ cookie, dir: process.env.SESSION_FOLDER ?? './.sessions' })

/** Answers 403 to what pages of other sites send in a visitor's name: the first line of every action. */
export const { protect } = crossSite()
