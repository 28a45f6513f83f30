import { Outlet } from 'react-router'
import { visit } from '../sessions.server'
import type { Route } from './+types/parent'

export const middleware: Route.MiddlewareFunction[] = [visit.middleware]

/** Both loaders of one page change the session, and neither knows of the other. The slower one began with less. */
export async function loader({ context }: Route.LoaderArgs) {
  const session = await visit.getSession(context)
  session.set('language', 'fr')
  await new Promise((resolve) => setTimeout(resolve, 30))
  return null
}

export default function Parent() {
  return <Outlet />
}
