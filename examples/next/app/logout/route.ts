import { seeOther } from '../../lib/see-other'
import { getSession } from '../../lib/session'

export async function POST() {
  const session = await getSession()
  session.signOut()
  await session.save()
  return seeOther('/')
}
