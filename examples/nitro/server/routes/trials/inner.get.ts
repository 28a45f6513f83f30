import { useSession } from 'coatcheck/nitro/runtime'
import { defineHandler } from 'nitro'

export default defineHandler(async (event) => {
  const session = await useSession<{ inner: number }>(event)
  await session.update(({ inner = 0 }) => ({ inner: inner + 1 }))
  return { inner: session.data.inner }
})
