import { type ActionFunctionArgs, data, type LoaderFunctionArgs, redirect } from '@remix-run/node'
import { Form, useLoaderData } from '@remix-run/react'
import { commitSession, getSession, protect } from '../sessions.server.ts'

export async function loader({ request }: LoaderFunctionArgs) {
  const session = await getSession(request.headers.get('Cookie'))
  const error = session.get('error')
  return data({ error }, { headers: { 'Set-Cookie': await commitSession(session) } })
}

export async function action({ request }: ActionFunctionArgs) {
  await protect(request)
  const session = await getSession(request.headers.get('Cookie'))
  const form = await request.formData()
  const isAda = form.get('username') === 'ada' && form.get('password') === 'lovelace'
  if (!isAda) {
    session.flash('error', 'Invalid username/password')
    return redirect('/login', { headers: { 'Set-Cookie': await commitSession(session) } })
  }
  session.regenerateId() // what the framework's own sessions cannot do: the old ticket is dead from here on
  session.set('user', 'ada')
  session.flash('message', 'Welcome, ada')
  return redirect('/', { headers: { 'Set-Cookie': await commitSession(session) } })
}

export default function Login() {
  const { error } = useLoaderData<typeof loader>()
  return (
    <main>
      <h1>Sign in</h1>
      {error ? <p id="flash">{error}</p> : null}
      <Form method="post">
        <label>
          Name <input name="username" />
        </label>
        <label>
          Password <input type="password" name="password" />
        </label>
        <button type="submit">Sign in</button>
      </Form>
    </main>
  )
}
