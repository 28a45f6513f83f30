import { redirect } from '@sveltejs/kit'

export const POST = async ({ locals, request }) => {
  const session = await locals.session
  session.set('language', String((await request.formData()).get('language')))
  redirect(303, '/')
}
