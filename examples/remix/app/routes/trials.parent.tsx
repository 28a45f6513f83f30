import { data, type LoaderFunctionArgs } from '@remix-run/node'
import { Outlet } from '@remix-run/react'
import { commitSession, getSession } from '../sessions.server.ts'

/** Both loaders of one page change the session, and neither knows of the other. The slower one began with less. */
export async function loader({ request }: LoaderFunctionArgs) {
  const session = await getSession(request.headers.get('Cookie'))
  session.set('language', 'fr')
  await new Promise((resolve) => setTimeout(resolve, 30))
  return data(null, { headers: { 'Set-Cookie': await commitSession(session) } })
}

export default function Parent() {
  return <Outlet />
}
