import { getSession } from '../../../lib/session'

/** The proxy has counted a visit already: of a new visitor it began the session. */
export async function POST() {
  const session = await getSession()
  session.update('cart', (cart = []) => [...cart, 'one'])
  await session.save()
  return Response.json({ visits: session.get('visits'), cart: session.get('cart')?.length, handle: session.handle })
}

export async function PUT() {
  const session = await getSession()
  session.signIn('bob')
  await session.save()
  return Response.json({ visits: session.get('visits'), handle: session.handle })
}

/** Says nothing of caches. */
export async function GET() {
  const session = await getSession()
  return Response.json({ ...session.data, owner: session.owner, handle: session.handle })
}
