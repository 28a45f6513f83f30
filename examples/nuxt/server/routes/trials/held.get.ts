/** What the session holds. */
export default defineEventHandler(async (event) => (await getSession(event)).data)
