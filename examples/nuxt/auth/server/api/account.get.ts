/** For those only who are signed in. */
export default defineEventHandler(async (event) => {
  const { user, secure, ...rest } = await requireUserSession(event)
  return { user, secure, rest: Object.keys(rest).sort() }
})
