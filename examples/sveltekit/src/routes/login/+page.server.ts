import { redirect } from '@sveltejs/kit'

export const load = async ({ locals }) => {
  const session = await locals.session
  return { message: session.flash('message') }
}

export const actions = {
  default: async ({ locals, request }) => {
    const form = await request.formData()
    const session = await locals.session
    if (form.get('username') !== 'ada' || form.get('password') !== 'lovelace') {
      session.flash('message', 'Invalid username/password')
      redirect(303, '/login')
    }
    session.signIn('ada')
    session.flash('message', 'Welcome, ada')
    redirect(303, '/')
  },
}
