export default defineEventHandler(async (event) => {
  const session = await useSession<{ inner: number }>(event)
  await session.update(({ inner = 0 }) => ({ inner: inner + 1 }))
  return session.data.inner
})
