/** Two sessions of two names in one request. */
export default defineEventHandler(async (event) => {
  const [admin, guest] = [await useSession(event, { name: 'admin' }), await useSession(event)]
  await admin.update({ role: 'admin' })
  await guest.update({ role: 'guest' })
  return [admin.data, (await getSession(event, useRuntimeConfig(event).session)).data.role]
})
