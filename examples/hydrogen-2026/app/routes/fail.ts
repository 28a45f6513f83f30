import type { Route } from './+types/fail'

export async function loader({ request, context: { session } }: Route.LoaderArgs) {
  const key = new URL(request.url).searchParams.get('key')
  if (key !== null) session.set(key, 1)
  throw new Response('broken', { status: 500 })
}
