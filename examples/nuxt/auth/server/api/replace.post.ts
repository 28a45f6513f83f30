export default defineEventHandler(async (event) => {
  return await replaceUserSession(event, { user: await readBody<{ name: string }>(event) })
})
