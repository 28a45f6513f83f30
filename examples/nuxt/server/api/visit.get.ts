/** Counts the visit, and shows a message once. */
export default defineEventHandler(async (event) => {
  const session = await useSession<Shop>(event)
  // With a function, no visit is lost that another request counts at the same moment.
  await session.update(({ visits = 0 }) => ({ visits: visits + 1 }))
  const shown = { ...session.data }
  delete session.data.message // stored before the page leaves
  return shown
})
