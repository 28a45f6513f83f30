import { type ActionFunctionArgs, redirect } from '@remix-run/node'
import { commitSession, getSession, protect } from '../sessions.server.ts'

export async function action({ request }: ActionFunctionArgs) {
  await protect(request)
  const session = await getSession(request.headers.get('Cookie'))
  const form = await request.formData()
  session.set('cart', [...(session.get('cart') ?? []), String(form.get('item'))])
  return redirect('/', { headers: { 'Set-Cookie': await commitSession(session) } })
}
