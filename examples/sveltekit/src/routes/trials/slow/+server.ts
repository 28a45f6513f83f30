import { json } from '@sveltejs/kit'
import { waitAt } from '../../../gates.ts'

export const POST = async ({ locals, url }) => {
  const session = await locals.session
  const before = session.owner ?? null
  await waitAt(url.searchParams.get('gate') ?? '')
  session.set('trial slow', true)
  return json({ before })
}
