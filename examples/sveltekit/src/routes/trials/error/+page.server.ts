import { error } from '@sveltejs/kit'

/** Changes the session and fails: as nobody expected, or with the status that is asked for. */
export const load = async ({ locals, url }) => {
  const session = await locals.session
  const status = url.searchParams.get('status')
  const text = `trial ${url.searchParams.get('name')}` as const
  session.set(text, true)
  if (status === null) throw new Error('nobody expected this')
  error(Number(status), 'expected')
}
