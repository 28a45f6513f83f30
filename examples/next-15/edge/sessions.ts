import { nextSessions } from 'coatcheck/next'

/** Without a store, which the edge runtime does not have: each is sealed in its cookie. */
export const { getSession, withSession, proxy } = nextSessions<{ n: number }>({
  secrets: process.env.SESSION_SECRET,
  cookie: { name: 'edge' },
})
