export default defineEventHandler(async (event) => {
  const session = await useSession<Shop>(event)
  const { item } = await readBody<{ item: string }>(event)
  await session.update(({ cart = [] }) => ({ cart: [...cart, item] }))
  return sendRedirect(event, `${base}/`, 303)
})
