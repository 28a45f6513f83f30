import { getSession, useSession } from 'coatcheck/nitro/runtime'
import { defineHandler } from 'nitro'
import { useRuntimeConfig } from 'nitro/runtime-config'

/** Two sessions of two names in one request. */
export default defineHandler(async (event) => {
  const [admin, guest] = [await useSession(event, { name: 'admin' }), await useSession(event)]
  await admin.update({ role: 'admin' })
  await guest.update({ role: 'guest' })
  const { name, password } = useRuntimeConfig().session as { name: string; password: string }
  return [admin.data, (await getSession(event, { name, password })).data.role]
})
