import { data, Form, redirect } from 'react-router'
import { commitSession, getSession } from '../sessions.server'
import type { Route } from './+types/login'

export async function loader({ request }: Route.LoaderArgs) {
  const session = await getSession(request.headers.get('Cookie'))
  const error = session.get('error')
  return data({ error }, { headers: { 'Set-Cookie': await commitSession(session) } })
}

export async function action({ request }: Route.ActionArgs) {
  const [session, form] = [await getSession(request.headers.get('Cookie')), await request.formData()]
  if (form.get('username') !== 'ada' || form.get('password') !== 'lovelace') {
    session.flash('error', 'Invalid username/password')
    return redirect('/login', { headers: { 'Set-Cookie': await commitSession(session) } })
  }
  session.regenerateId() // which React Router's own sessions cannot: the old ticket is dead from here on
  session.set('user', 'ada')
  session.flash('flash', 'Welcome, ada')
  return redirect('/', { headers: { 'Set-Cookie': await commitSession(session) } })
}

export default function Login({ loaderData }: Route.ComponentProps) {
  return (
    <main>
      <h1>Sign in</h1>
      {loaderData.error && <p id="flash">{loaderData.error}</p>}
      <Form method="post">
        <label>
          Username <input name="username" autoComplete="username" />
        </label>
        <label>
          Password <input type="password" name="password" autoComplete="current-password" />
        </label>
        <button type="submit">Sign in</button>
      </Form>
    </main>
  )
}
