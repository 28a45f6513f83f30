import { seeOther } from '../../lib/see-other'
import { getSession, withSession } from '../../lib/session'

export const POST = withSession(async (request: Request) => {
  const item = String((await request.formData()).get('item'))
  const session = await getSession()
  session.update('cart', (cart = []) => [...cart, item])
  return seeOther('/')
})
