import type { APIRoute } from 'astro'
import { turn } from '../../trial/turns.ts'

/** Sets one value; before that it waits for each turn that it is told. */
export const POST: APIRoute = async ({ url: { searchParams }, session }) => {
  await session?.get('user')
  for (const name of searchParams.getAll('wait')) await turn(name)
  session?.set(searchParams.get('key') ?? '', 1)
  return new Response('kept')
}

export const GET: APIRoute = async ({ session }) => Response.json([...((await session?.keys()) ?? [])])
