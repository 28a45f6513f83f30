import { json } from '@sveltejs/kit'

/** What the session holds. */
export const GET = async ({ locals }) => {
  const session = await locals.session
  return json({ user: session.owner ?? null, ...Object.fromEntries(session.entries()) })
}
