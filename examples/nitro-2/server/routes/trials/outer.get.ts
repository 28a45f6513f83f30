/** Fetches a route of its own twice, which counts in the session of whoever asked. */
export default defineEventHandler(async (event) => {
  const first = await event.$fetch(`${base}/trials/inner`)
  const second = await event.$fetch(`${base}/trials/inner`)
  const { data } = await useSession<{ inner: number }>(event)
  return [first, second, data.inner]
})
