import { useSession } from 'coatcheck/nitro/runtime'
import { defineHandler, HTTPError } from 'nitro'

/** Stores one value, changes another, and fails: with `?status` by its answer, else by throwing. */
export default defineHandler(async (event) => {
  const session = await useSession<{ called: boolean; changed: boolean }>(event)
  await session.update({ called: true })
  session.data.changed = true
  if (!event.url.searchParams.has('status')) throw new HTTPError({ status: 500 })
  event.res.status = 503
  return 'unavailable'
})
