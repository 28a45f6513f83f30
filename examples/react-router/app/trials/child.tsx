import { data } from 'react-router'
import { commitSession, getSession } from '../sessions.server'
import type { Route } from './+types/child'

export async function loader({ request }: Route.LoaderArgs) {
  const session = await getSession(request.headers.get('Cookie'))
  session.set('cart', ['hat'])
  return data(null, { headers: { 'Set-Cookie': await commitSession(session) } })
}

export default function Child() {
  return <p>Both are kept.</p>
}
