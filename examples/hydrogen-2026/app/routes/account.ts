import type { Route } from './+types/account'

export async function loader({ context: { session } }: Route.LoaderArgs) {
  const token = session.get('customerAccount')?.accessToken
  return token === undefined ? new Response('Sign in first', { status: 401 }) : Response.json({ token })
}
