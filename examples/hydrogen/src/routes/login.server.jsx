import { useFlashSession } from '@shopify/hydrogen/experimental'
import { path, seeOther } from '../path.js'

export default function Login() {
  const error = useFlashSession('error')
  return (
    <main>
      <h1>Sign in</h1>
      {error && <p id="flash">{error}</p>}
      <form method="post" action={path('/login')}>
        <label>
          Name <input name="username" autoComplete="username" />
        </label>
        <label>
          Password <input name="password" type="password" autoComplete="current-password" />
        </label>
        <button type="submit">Sign in</button>
      </form>
      <a href={path('/')}>Back</a>
    </main>
  )
}

export async function api(request, { session }) {
  const form = await request.formData()
  if (form.get('username') !== 'ada' || form.get('password') !== 'lovelace') {
    await session.set('error', 'Invalid username/password')
    return seeOther('/login')
  }
  const guest = { ...(await session.get()) }
  await session.destroy() // a new id for somebody who signs in
  for (const [key, value] of Object.entries(guest)) await session.set(key, value)
  await session.set('user', 'ada')
  await session.set('message', 'Welcome, ada')
  return seeOther('/')
}
