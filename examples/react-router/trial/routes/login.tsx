import { type ActionFunctionArgs, data, Form, redirect, useActionData } from 'react-router'
import { signIn } from '../utils/auth.server'
import { toastHeaders } from '../utils/toast.server'
import { verifyStorage } from '../utils/verify.server'

const PASSWORDS: Record<string, string> = { ada: 'lovelace', grace: 'hopper' }
/** Who has to give a code as well. */
const CAREFUL = ['grace']

export async function action({ request, context }: ActionFunctionArgs) {
  const form = await request.formData()
  const userId = String(form.get('username'))
  const remember = form.get('remember') === 'on'
  if (PASSWORDS[userId] === undefined || PASSWORDS[userId] !== form.get('password')) {
    return data({ error: 'Invalid username or password' }, { status: 400 })
  }
  if (CAREFUL.includes(userId)) {
    const session = await verifyStorage.getSession()
    session.set('userId', userId)
    session.set('remember', remember)
    return redirect('/verify', { headers: { 'set-cookie': await verifyStorage.commitSession(session) } })
  }
  signIn(context, userId, remember)
  return redirect('/', { headers: await toastHeaders({ title: `Welcome, ${userId}` }) })
}

export default function Login() {
  const answer = useActionData<typeof action>()
  return (
    <Form method="post">
      {answer && <output id="error">{answer.error}</output>}
      <input name="username" aria-label="Username" />
      <input name="password" type="password" aria-label="Password" />
      <input name="remember" type="checkbox" aria-label="Remember me" />
      <button type="submit">Sign in</button>
    </Form>
  )
}
