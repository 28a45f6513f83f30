import { getSession, withSession } from '../../../lib/session'

export const POST = withSession(async () => {
  const session = await getSession()
  session.set('language', 'broken')
  return new Response('no', { status: 500 })
})

export const PUT = withSession(async () => {
  const session = await getSession()
  session.set('language', 'broken')
  throw new Error('the handler failed')
})

/** What was saved before is stored. */
export async function PATCH() {
  const session = await getSession()
  session.set('language', 'saved')
  await session.save()
  throw new Error('the handler failed later')
}
