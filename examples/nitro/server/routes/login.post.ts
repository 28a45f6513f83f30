import { useSession } from 'coatcheck/nitro/runtime'
import { defineHandler } from 'nitro'
import { redirect } from 'nitro/h3'
import { base, type Shop } from '../utils/settings.ts'

export default defineHandler(async (event) => {
  const session = await useSession<Shop>(event)
  const form = await event.req.formData()
  if (form.get('username') !== 'ada' || form.get('password') !== 'lovelace') {
    await session.update({ error: 'Invalid username/password' })
    return redirect(`${base}/login`, 303)
  }
  await session.rotate() // a new id for somebody who is more than a guest now
  await session.update({ user: 'ada', message: 'Welcome, ada' })
  return redirect(`${base}/`, 303)
})
