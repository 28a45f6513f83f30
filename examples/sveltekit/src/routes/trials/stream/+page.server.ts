import { waitAt } from '../../../gates.ts'

/** A promise that is streamed after the page, and changes the session when the gate opens. */
export const load = async ({ locals, url }) => {
  const session = await locals.session
  if (url.searchParams.has('begin')) session.set('trial begun', true)
  const late = async () => {
    await waitAt(url.searchParams.get('gate') ?? '')
    try {
      session.set('trial late', true)
      return 'taken'
    } catch (error) {
      return String(error instanceof Error && 'code' in error ? error.code : error)
    }
  }
  return { late: late() }
}
