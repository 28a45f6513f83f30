import type { Route } from './+types/home'

export async function loader({ context }: Route.LoaderArgs) {
  const { session } = context
  // A message is read once: it is gone with the next commit.
  const message = session.get('message')
  if (message !== undefined) session.unset('message')
  return { visits: session.get('visits') ?? 0, user: session.get('user'), message, loggedIn: await isLoggedIn(session) }
}

async function isLoggedIn(session: { get(key: 'customerAccount'): { accessToken?: string } | undefined }) {
  return session.get('customerAccount')?.accessToken !== undefined
}

export default function Home({ loaderData }: Route.ComponentProps) {
  const { visits, user, message, loggedIn } = loaderData
  return (
    <main>
      <output id="visits">{visits}</output>
      {user && <output id="user">{user}</output>}
      {message && <output id="flash">{message}</output>}
      {loggedIn && <output id="token">signed in</output>}
    </main>
  )
}
