import { deviceBound } from 'coatcheck/device-bound'
import { nextSessions } from 'coatcheck/next'

/** Without a store: each is sealed in its cookie. */
export const { getSession, withSession, proxy, sessions } = nextSessions<{ n: number }>({
  secrets: process.env.SESSION_SECRET,
  cookie: { name: 'edge' },
  deviceBound: deviceBound(),
})
