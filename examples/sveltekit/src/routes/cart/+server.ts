import { redirect } from '@sveltejs/kit'

export const POST = async ({ locals, request }) => {
  const item = String((await request.formData()).get('item'))
  const session = await locals.session
  session.update('cart', (cart = []) => [...cart, item])
  redirect(303, '/')
}
