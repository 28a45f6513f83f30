import { redirect } from 'react-router'
import type { Route } from './+types/visit'

export async function loader({ context: { session } }: Route.LoaderArgs) {
  session.set('visits', (session.get('visits') ?? 0) + 1)
  return redirect('/')
}
