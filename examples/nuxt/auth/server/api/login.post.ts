export default defineEventHandler(async (event) => {
  const { name, remember } = await readBody<{ name: string; remember?: string }>(event)
  const before = await getUserSession(event)
  if (before.user) throw createError({ statusCode: 409, message: `${before.user.name} is signed in` })
  const session = { user: { name }, secure: { token: `token of ${name}` } }
  return await setUserSession(event, session, remember ? { maxAge: 3600 } : {})
})
