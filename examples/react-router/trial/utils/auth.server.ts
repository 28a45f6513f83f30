import { redirect } from 'react-router'
import { createSessionMiddleware } from 'remix-utils/middleware/session'
import { createCookieSessionStorage } from '#sessions'
import { cookie, DAY, MINUTE } from './cookie.server'
import { toastHeaders } from './toast.server'

interface Auth {
  userId: string
  /** Seconds, for who wants to be remembered. */
  maxAge: number
  [note: `note:${string}`]: string
}

export const authStorage = createCookieSessionStorage<Auth>({
  cookie: { ...cookie, name: 'en_session', maxAge: 60 * MINUTE },
})

// Each commit makes the cookie anew, so the session itself says how long it lasts.
const { commitSession } = authStorage
Object.defineProperty(authStorage, 'commitSession', {
  value: (...[session, options]: Parameters<typeof commitSession>) => {
    const maxAge = session.get('maxAge')
    return commitSession(session, { ...options, ...(maxAge !== undefined && { maxAge }) })
  },
})

/** Commits with every request of somebody who is signed in. */
export const [authMiddleware, getAuth] = createSessionMiddleware(authStorage, (_, { userId }) => userId !== undefined)

type Context = Parameters<typeof getAuth>[0]

export function signIn(context: Context, userId: string, remember: boolean): void {
  const session = getAuth(context)
  session.set('userId', userId)
  if (remember) session.set('maxAge', 30 * DAY)
}

export async function requireUserId(context: Context): Promise<string> {
  const userId = getAuth(context).get('userId')
  if (userId !== undefined) return userId
  throw redirect('/login', { headers: await toastHeaders({ title: 'Sign in first' }) })
}
