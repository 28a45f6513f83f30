export default defineEventHandler(async (event) => {
  const session = await useSession<Shop>(event)
  const { username, password } = await readBody<{ username: string; password: string }>(event)
  if (username !== 'ada' || password !== 'lovelace') {
    await session.update({ error: 'Invalid username/password' })
    return sendRedirect(event, `${base}/login`, 303)
  }
  await session.rotate() // a new id for somebody who is more than a guest now
  await session.update({ user: 'ada', message: 'Welcome, ada' })
  return sendRedirect(event, `${base}/`, 303)
})
