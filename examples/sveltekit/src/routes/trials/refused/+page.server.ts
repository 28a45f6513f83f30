export const prerender = true

/** A prerendered page that asks for the session, and shows what it is told. */
export const load = async ({ locals }) => {
  try {
    const session = await locals.session
    session.set('trial prerendered', true)
    return { said: 'opened' }
  } catch (error) {
    return { said: String(error) }
  }
}
