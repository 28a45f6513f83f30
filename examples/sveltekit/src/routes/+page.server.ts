export const load = async ({ locals }) => {
  const session = await locals.session
  return {
    visits: session.update('visits', (visits = 0) => visits + 1),
    cart: session.get('cart')?.length ?? 0,
    language: session.get('language') ?? 'en',
    user: session.owner ?? 'guest',
    message: session.flash('message'),
  }
}
