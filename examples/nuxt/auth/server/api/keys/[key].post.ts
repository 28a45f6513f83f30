/** Sets one key of the session. */
export default defineEventHandler(async (event) => {
  await setUserSession(event, { [getRouterParam(event, 'key') ?? '']: true })
  return 'ok'
})
