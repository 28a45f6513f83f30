import { type MiddlewareFunction, RouterContextProvider } from 'react-router'
import { createSessions } from '../index.ts'
import { createCookieSessionStorage, createSessionStorage, sessionMiddleware } from './react-router.ts'

const { middleware, getSession } = sessionMiddleware(createSessions<{ cart: string[] }>({ secrets: '' }))
export const routes: MiddlewareFunction<Response>[] = [middleware]

export async function loader({ context }: { context: RouterContextProvider }): Promise<string[] | undefined> {
  const session = await getSession(context)
  // @ts-expect-error: a value of another type
  session.set('cart', 1)
  return session.get('cart')
}
getSession(new RouterContextProvider()) satisfies Promise<object>

const storage = createCookieSessionStorage<{ user: string }, { error: string }>({ cookie: { name: '__session' } })
export async function typed(): Promise<string | undefined> {
  const session = await storage.getSession('')
  session.set('user', 'ada')
  session.flash('error', 'no')
  // @ts-expect-error: not a flash value
  session.flash('user', 'ada')
  // @ts-expect-error: a value of another type
  session.set('user', 1)
  // @ts-expect-error: not a key
  session.get('cart')
  const line: string = await storage.commitSession(session, { maxAge: 60 })
  return session.get('error') ?? session.get('user') ?? line
}

const { getSession: stored } = sessionMiddleware(storage)
export async function ofStorage({ context }: { context: RouterContextProvider }): Promise<string | undefined> {
  const session = await stored(context)
  session.flash('error', 'no')
  // @ts-expect-error: not a flash value
  session.flash('user', 'ada')
  // @ts-expect-error: a value of another type
  session.set('user', 1)
  session.unset('user')
  return session.get('error') ?? session.get('user')
}
// @ts-expect-error: neither functions nor a store
createSessionStorage({ cookie: { name: '__session' } })
