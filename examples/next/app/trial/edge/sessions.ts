import { nextSessions } from 'coatcheck/next'

export const { getSession, withSession } = nextSessions<{ n: number }>({
  secrets: [process.env.SESSION_SECRET ?? 'only-for-trying-out-x7Kp2mQ9vT4w'],
  cookie: { name: 'edge' },
})
