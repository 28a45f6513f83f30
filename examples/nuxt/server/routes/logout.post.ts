export default defineEventHandler(async (event) => {
  const session = await useSession<Shop>(event)
  await session.clear()
  return sendRedirect(event, `${base}/`, 303)
})
