import { createSessions } from 'coatcheck'
import { sqliteStore } from 'coatcheck/stores/sqlite'

/** What a session holds. */
export interface Shop {
  visits: number
  cart: string[]
  language: string
  /** Of the pages under trials/. */
  [trial: `trial ${string}`]: unknown
}

/** What is shown once. */
export interface Messages {
  message: string
}

const { SESSION_SECRET, SESSION_COOKIE, COATCHECK_STORE } = process.env

export const sessions = createSessions<Shop, Messages>({
  // For development only: everybody can read it here.
  secrets: SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc',
  cookie: { name: SESSION_COOKIE ?? 'shop' },
  ...(COATCHECK_STORE && { store: sqliteStore({ path: COATCHECK_STORE }) }),
})
