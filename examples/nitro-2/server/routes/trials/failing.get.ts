/** Stores one value, changes another, and fails: with `?status` by its answer, else by throwing. */
export default defineEventHandler(async (event) => {
  const session = await useSession<{ called: boolean; changed: boolean }>(event)
  await session.update({ called: true })
  session.data.changed = true
  if (getQuery(event).status === undefined) throw createError({ statusCode: 500 })
  setResponseStatus(event, 503)
  return 'unavailable'
})
