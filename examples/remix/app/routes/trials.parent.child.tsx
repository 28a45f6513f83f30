import { data, type LoaderFunctionArgs } from '@remix-run/node'
import { commitSession, getSession } from '../sessions.server.ts'

export async function loader({ request }: LoaderFunctionArgs) {
  const session = await getSession(request.headers.get('Cookie'))
  session.set('cart', ['hat'])
  return data(null, { headers: { 'Set-Cookie': await commitSession(session) } })
}

export default function Child() {
  return <p>Both are kept.</p>
}
