export default defineEventHandler(async (event) => {
  const session = await useSession<Shop>(event)
  // With a function, no visit is lost that another request counts at the same moment.
  await session.update(({ visits = 0 }) => ({ visits: visits + 1 }))
  const page = homePage(session.data)
  delete session.data.message // stored before the response leaves
  setResponseHeader(event, 'content-type', 'text/html; charset=utf-8')
  return page
})
