import { nextSessions } from 'coatcheck/next'
import { memoryStore } from 'coatcheck/stores/memory'
import { sqliteStore } from 'coatcheck/stores/sqlite'

export type Values = {
  visits: number
  cart: string[]
  language: string
}
export type Flashes = {
  message: string
}

const file = process.env.COATCHECK_STORE

export const { getSession, withSession, proxy } = nextSessions<Values, Flashes>({
  // A default for trying out, which everybody can read here. A real site sets the variable.
  secrets: [process.env.SESSION_SECRET ?? 'only-for-trying-out-x7Kp2mQ9vT4w'],
  cookie: { name: process.env.SESSION_COOKIE ?? 'session' },
  store: file ? sqliteStore({ path: file }) : memoryStore(),
})
