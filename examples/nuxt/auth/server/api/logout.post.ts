export default defineEventHandler(async (event) => ({ loggedOut: await clearUserSession(event) }))
