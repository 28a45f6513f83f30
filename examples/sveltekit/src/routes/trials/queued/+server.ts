import { json } from '@sveltejs/kit'

export const POST = async ({ locals, url }) => {
  const session = await locals.session
  session.set('trial name', url.searchParams.get('name'))
  return json({})
}
