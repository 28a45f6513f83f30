import { getSession } from '../../../../lib/session'

export async function POST() {
  const session = await getSession()
  session.update('cart', (cart = []) => [...cart, 'hat'])
  session.flash('message', 'Added')
  await session.save()
  return Response.json(session.get('cart')?.length)
}
