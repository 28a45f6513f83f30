import { useSession } from 'coatcheck/nitro/runtime'
import { defineHandler } from 'nitro'
import { redirect } from 'nitro/h3'
import { base, type Shop } from '../utils/settings.ts'

export default defineHandler(async (event) => {
  const session = await useSession<Shop>(event)
  const language = String((await event.req.formData()).get('language') ?? '')
  if (['en', 'de', 'fr'].includes(language)) await session.update({ language })
  return redirect(`${base}/`, 303)
})
