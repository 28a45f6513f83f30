import { useSession } from 'coatcheck/nitro/runtime'
import { defineHandler, serverFetch } from 'nitro'
import { fetchWithEvent } from 'nitro/h3'
import { base } from '../../utils/settings.ts'

/** Fetches a route of its own twice, which counts in the session of whoever asked. */
export default defineHandler(async (event) => {
  const first = await fetchWithEvent(event, `${base}/trials/inner`)
  const second = await serverFetch(`${base}/trials/inner`, { headers: event.req.headers }, event.context)
  const { data } = await useSession<{ inner: number }>(event)
  return [(await first.json()).inner, (await second.json()).inner, data.inner]
})
