import { seeOther } from '../../lib/see-other'
import { getSession, withSession } from '../../lib/session'

export const POST = withSession(async (request: Request) => {
  const session = await getSession()
  session.set('language', String((await request.formData()).get('language')))
  return seeOther('/')
})
