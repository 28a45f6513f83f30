import type { APIContext } from 'astro'
import { openSession } from 'coatcheck/astro/session'

export async function GET(context: APIContext): Promise<Response> {
  const [user, { bound }] = [await context.session?.get('user'), await openSession(context)]
  return new Response(`${user ?? 'nobody'} ${bound}`)
}
