import { json } from '@sveltejs/kit'

export const POST = async ({ locals, url }) => {
  const session = await locals.session
  const n = session.update('trial n', (was) => Number(was ?? 0) + 1)
  const status = Number(url.searchParams.get('status') ?? 200)
  return json({ n }, { status, headers: { 'set-cookie': 'third=1; Path=/' } })
}
