import { redirect } from 'react-router'
import { commitSession, getSession } from '../sessions.server'
import type { Route } from './+types/cart'

export async function action({ request }: Route.ActionArgs) {
  const [session, form] = [await getSession(request.headers.get('Cookie')), await request.formData()]
  session.set('cart', [...(session.get('cart') ?? []), String(form.get('item'))])
  return redirect('/', { headers: { 'Set-Cookie': await commitSession(session) } })
}
