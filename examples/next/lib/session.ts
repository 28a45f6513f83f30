import { nextSessions } from 'coatcheck/next'
import { store } from './store'

type Values = { visits: number; cart: string[]; language: string }
type Flashes = { message: string }

export const { getSession, withSession, proxy, sessions } = nextSessions<Values, Flashes>({
  secrets: process.env.SESSION_SECRET,
  cookie: { name: 'session' },
  store,
})
