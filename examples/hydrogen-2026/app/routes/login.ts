import { redirect } from 'react-router'
import type { Route } from './+types/login'

/** In a real shop `context.customerAccount.authorize()` sets `customerAccount`, as here. */
export async function action({ request, context: { session } }: Route.ActionArgs) {
  const form = await request.formData()
  const name = form.get('username')
  if (typeof name !== 'string' || form.get('password') !== 'lovelace') return new Response('Wrong password', { status: 403 })
  session.set('user', name)
  session.set('customerAccount', { accessToken: `token of ${name}`, expiresAt: '9999999999999', refreshToken: 'again' })
  session.set('message', `Welcome, ${name}`)
  return redirect('/')
}
