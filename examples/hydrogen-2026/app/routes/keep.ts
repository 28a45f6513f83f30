import type { Route } from './+types/keep'

/** Sets one value of twenty, at `?key=k7`; without it, says which there are. */
export async function loader({ request, context: { session } }: Route.LoaderArgs) {
  const key = new URL(request.url).searchParams.get('key')
  if (key === null)
    return Response.json(Array.from({ length: 20 }, (_, at) => `k${at}`).filter((each) => session.get(each) === 1))
  session.set(key, 1)
  return new Response(null, { status: 204 })
}
