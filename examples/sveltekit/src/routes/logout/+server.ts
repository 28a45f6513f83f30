import { redirect } from '@sveltejs/kit'

export const POST = async ({ locals }) => {
  const session = await locals.session
  session.signOut()
  redirect(303, '/')
}
