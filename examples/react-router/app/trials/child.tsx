import { visit } from '../sessions.server'
import type { Route } from './+types/child'

export async function loader({ context }: Route.LoaderArgs) {
  const session = await visit.getSession(context)
  session.set('cart', ['hat'])
  return null
}

export default function Child() {
  return <p>Both are kept.</p>
}
