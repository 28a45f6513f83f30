import { data, Outlet } from 'react-router'
import { commitSession, getSession } from '../sessions.server'
import type { Route } from './+types/parent'

/** Both loaders of one page change the session, and neither knows of the other. The slower one began with less. */
export async function loader({ request }: Route.LoaderArgs) {
  const session = await getSession(request.headers.get('Cookie'))
  session.set('language', 'fr')
  await new Promise((resolve) => setTimeout(resolve, 30))
  return data(null, { headers: { 'Set-Cookie': await commitSession(session) } })
}

export default function Parent() {
  return <Outlet />
}
