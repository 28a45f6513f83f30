import { seeOther } from '../path.js'

export async function api(request, { session }) {
  const { cart = [] } = await session.get()
  const form = await request.formData()
  await session.set('cart', [...cart, String(form.get('item'))])
  return seeOther('/')
}
