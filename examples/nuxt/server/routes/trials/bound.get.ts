import { deviceOf } from 'coatcheck/device-bound'
import type { Shop } from '../../utils/settings.ts'

export default defineEventHandler(async (event) => {
  const session = await useSession<Shop>(event)
  return `${session.data.user ?? 'nobody'} ${deviceOf(session).bound}`
})
