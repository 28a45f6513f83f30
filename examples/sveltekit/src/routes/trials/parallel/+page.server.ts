export const load = async ({ locals }) => {
  const session = await locals.session
  session.set('trial page', true)
  return {}
}
