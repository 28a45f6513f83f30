import { getSession } from '../../../lib/session'
import { reach } from '../gates'

export async function POST() {
  const session = await getSession()
  await reach('wait')
  await reach('changed')
  session.set('language', 'late')
  await session.save()
  return Response.json(session.handle ?? null)
}
