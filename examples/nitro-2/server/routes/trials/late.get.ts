/** Nothing is awaited. */
export default defineEventHandler(async (event) => {
  const session = await useSession<{ late: number }>(event, { issue: 'when-stored' })
  session.update({ late: (session.data.late ?? 0) + 1 })
  return session.data.late
})
