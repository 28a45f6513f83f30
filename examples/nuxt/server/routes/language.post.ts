export default defineEventHandler(async (event) => {
  const session = await useSession<Shop>(event)
  const { language } = await readBody<{ language: string }>(event)
  if (['en', 'de', 'fr'].includes(language)) await session.update({ language })
  return sendRedirect(event, `${base}/`, 303)
})
