import { createSessions } from 'coatcheck'
import { sqliteStore } from 'coatcheck/stores/sqlite'

interface Shop {
  visits: number
  cart: string[]
  language: string
}

const { SESSION_SECRET, COATCHECK_STORE } = process.env

export const sessions = createSessions<Shop, { message: string }>({
  // For development only: everybody can read it here.
  secrets: SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc',
  cookie: { name: 'session' },
  ...(COATCHECK_STORE && { store: sqliteStore({ path: COATCHECK_STORE }) }),
})
