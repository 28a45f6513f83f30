/** What was wrong with a sign-in, once. */
export default defineEventHandler(async (event) => {
  const session = await useSession<Shop>(event)
  const { error } = session.data
  delete session.data.error
  return { error }
})
