import { type ActionFunctionArgs, redirect } from '@remix-run/node'
import { destroySession, getSession, protect } from '../sessions.server.ts'

export async function action({ request }: ActionFunctionArgs) {
  await protect(request)
  const session = await getSession(request.headers.get('Cookie'))
  return redirect('/', { headers: { 'Set-Cookie': await destroySession(session) } })
}
