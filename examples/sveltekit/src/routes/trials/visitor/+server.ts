import { json } from '@sveltejs/kit'

/** Has the visitor's name written by a request within, which shares its context with that of another visitor. */
export const GET = async ({ locals, fetch, url }) => {
  await fetch(`/trials/queued?name=${url.searchParams.get('name')}`, { method: 'POST' })
  const session = await locals.session
  return json({ name: session.get('trial name') })
}
