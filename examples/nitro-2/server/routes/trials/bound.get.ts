import { deviceOf } from 'coatcheck/device-bound'

export default defineEventHandler(async (event) => {
  const session = await useSession<Shop>(event)
  return `${session.data.user ?? 'nobody'} ${deviceOf(session).bound}`
})
