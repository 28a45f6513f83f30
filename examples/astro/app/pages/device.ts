import type { APIRoute } from 'astro'

/** The id, for another device of the same person. */
export const GET: APIRoute = async ({ session }) => {
  await session?.has('user')
  return Response.json(session?.sessionID)
}

/** The other device: nobody waits for `load`. */
export const POST: APIRoute = async ({ request, session }) => {
  session?.load(await request.text())
  return Response.json((await session?.get('user')) ?? null)
}
