import type { APIRoute } from 'astro'

export const POST: APIRoute = async ({ request, session, redirect }) => {
  const form = await request.formData()
  if (form.get('password') !== 'lovelace') return new Response('no', { status: 401 })
  await session?.regenerate()
  session?.set('user', String(form.get('username')))
  const since = { at: new Date() }
  session?.set('since', since)
  since.at.setTime(0) // the session has a copy
  return redirect('/', 303)
}
