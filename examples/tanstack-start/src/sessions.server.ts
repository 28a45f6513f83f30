import { getRequest } from '@tanstack/react-start/server'
import { createSessions } from 'coatcheck'
import { sqliteStore } from 'coatcheck/stores/sqlite'
import { sessionMiddleware } from 'coatcheck/tanstack-start'

interface Shop {
  visits: number
  cart: string[]
  language: string
  /** Of tests. */
  n: number
  [key: string]: unknown
}

const { SESSION_SECRET, COATCHECK_STORE } = process.env

export const sessions = createSessions<Shop, { message: string }>({
  // For development only: everybody can read it here.
  secrets: SESSION_SECRET ?? 'development only: 4hQ7vXz2Lk9sWp3Tn8Bc',
  cookie: { name: 'session' },
  ...(COATCHECK_STORE && { store: sqliteStore({ path: COATCHECK_STORE }) }),
})

export const { getSession, onRequest, onFunction } = sessionMiddleware(sessions, getRequest)
