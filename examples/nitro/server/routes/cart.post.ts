import { useSession } from 'coatcheck/nitro/runtime'
import { defineHandler } from 'nitro'
import { redirect } from 'nitro/h3'
import { base, type Shop } from '../utils/settings.ts'

export default defineHandler(async (event) => {
  const session = await useSession<Shop>(event)
  const item = String((await event.req.formData()).get('item') ?? '')
  await session.update(({ cart = [] }) => ({ cart: [...cart, item] }))
  return redirect(`${base}/`, 303)
})
