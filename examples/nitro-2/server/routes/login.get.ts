export default defineEventHandler(async (event) => {
  const session = await useSession<Shop>(event)
  const page = loginPage(session.data.error)
  delete session.data.error
  setResponseHeader(event, 'content-type', 'text/html; charset=utf-8')
  return page
})
