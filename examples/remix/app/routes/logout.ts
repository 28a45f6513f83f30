import { type ActionFunctionArgs, redirect } from '@remix-run/node'
import { destroySession, getSession } from '../sessions.server.ts'

export async function action({ request }: ActionFunctionArgs) {
  const session = await getSession(request.headers.get('Cookie'))
  return redirect('/', { headers: { 'Set-Cookie': await destroySession(session) } })
}
