import { createCookieSessionStorage } from 'react-router'

export interface Values {
  visits: number
  cart: string[]
  language: string
  user: string
}
export interface Flashes {
  flash: string
  error: string
}

export const { getSession, commitSession, destroySession } = createCookieSessionStorage<Values, Flashes>({
  cookie: {
    name: process.env.SESSION_COOKIE ?? '__session',
    httpOnly: true,
    path: '/',
    sameSite: 'lax',
    secrets: [process.env.SESSION_SECRET ?? 'only-for-trying-out-x7Kp2mQ9'],
  },
})
