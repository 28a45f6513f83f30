import { createFileRoute } from '@tanstack/react-router'
import { message } from '../functions'
import { getSession } from '../sessions.server'

const to = (path: string): Response => new Response(null, { status: 303, headers: { location: path } })

export const Route = createFileRoute('/login')({
  server: {
    handlers: {
      POST: async ({ request }) => {
        const [session, form] = [await getSession(), await request.formData()]
        if (form.get('username') !== 'ada' || form.get('password') !== 'lovelace') {
          session.flash('message', 'Invalid username/password')
          return to('/login')
        }
        session.signIn('ada') // a new ticket for somebody who is more than a guest now
        session.flash('message', 'Welcome, ada')
        return to('/')
      },
    },
  },
  loader: () => message(),
  component: Login,
})

function Login() {
  const error = Route.useLoaderData()
  return (
    <main>
      <h1>Sign in</h1>
      {error && <p id="flash">{error}</p>}
      <form method="post">
        <input name="username" aria-label="Name" /> <input name="password" type="password" aria-label="Password" />{' '}
        <button type="submit">Sign in</button>
      </form>
    </main>
  )
}
