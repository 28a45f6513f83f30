import type { NextApiRequest, NextApiResponse } from 'next'
import { getSession } from '../../lib/session'

export default async function count(req: NextApiRequest, res: NextApiResponse) {
  const session = await getSession(req, res)
  const cart = session.update('cart', (cart = []) => [...cart, 'api'])
  res.status(req.query.fails ? 500 : 200).json({ cart: cart.length, handle: session.handle ?? null })
}
