import type { SessionConfig } from 'coatcheck/h3'
import { sqliteStore } from 'coatcheck/stores/sqlite'

const { SESSION_SECRET, SESSION_COOKIE, COATCHECK_STORE, PORT, BASE } = process.env

export const port = Number(PORT ?? 3000)
/** What comes before all paths, such as `/h3`. */
export const base = BASE ?? ''

export const config: SessionConfig = {
  // For development only: everybody can read it here.
  password: SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc',
  name: SESSION_COOKIE ?? 'h3',
  ...(COATCHECK_STORE && { store: sqliteStore({ path: COATCHECK_STORE }) }),
}

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
