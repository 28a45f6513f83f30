import { notFound } from 'next/navigation'
import { getSession, withSession } from '../../../lib/session'

export const POST = withSession(async () => {
  const session = await getSession()
  session.set('language', 'kept')
  notFound()
})
