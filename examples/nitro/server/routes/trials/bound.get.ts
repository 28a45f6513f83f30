import { deviceOf } from 'coatcheck/device-bound'
import { useSession } from 'coatcheck/nitro/runtime'
import { defineHandler } from 'nitro'
import type { Shop } from '../../utils/settings.ts'

export default defineHandler(async (event) => {
  const session = await useSession<Shop>(event)
  return `${session.data.user ?? 'nobody'} ${deviceOf(session).bound}`
})
