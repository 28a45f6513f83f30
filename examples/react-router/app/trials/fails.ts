import { visit } from '../sessions.server'
import type { Route } from './+types/fails'

export const middleware: Route.MiddlewareFunction[] = [visit.middleware]

/** To the middleware, this is an ordinary answer of status 500. */
export async function loader({ context }: Route.LoaderArgs) {
  const session = await visit.getSession(context)
  session.set('user', 'nobody')
  throw new Error('on purpose')
}
