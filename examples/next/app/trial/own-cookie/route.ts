import { cookies } from 'next/headers'
import { getSession } from '../../../lib/session'

export async function POST() {
  const session = await getSession()
  session.set('language', 'fr')
  await session.save()
  ;(await cookies()).set('theme', 'dark blue')
  return Response.json(null, { headers: { 'set-cookie': 'other=1; Path=/' } })
}
