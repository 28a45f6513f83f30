import { type ActionFunctionArgs, redirect } from 'react-router'
import { signIn } from '../utils/auth.server'
import { toastHeaders } from '../utils/toast.server'
import { verifyStorage } from '../utils/verify.server'

export async function action({ request, context }: ActionFunctionArgs) {
  const session = await verifyStorage.getSession(request.headers.get('cookie'))
  const userId = session.get('userId')
  if (userId === undefined) throw redirect('/login', { headers: await toastHeaders({ title: 'That took too long' }) })
  if ((await request.formData()).get('code') !== '123456') return new Response('Wrong code', { status: 400 })
  signIn(context, userId, session.get('remember') === true)
  const headers = await toastHeaders({ title: `Welcome, ${userId}` })
  headers.append('set-cookie', await verifyStorage.destroySession(session))
  return redirect('/', { headers })
}
