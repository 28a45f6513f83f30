import { getSession } from '../../../lib/session'

/** A page that writes: on Node its cookie leaves with the headers. */
export default async function Write() {
  const session = await getSession()
  const cart = session.update('cart', (cart = []) => [...cart, 'page'])
  return <p id="cart">{cart.length}</p>
}
