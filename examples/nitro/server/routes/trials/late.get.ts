import { useSession } from 'coatcheck/nitro/runtime'
import { defineHandler } from 'nitro'

/** Nothing is awaited. */
export default defineHandler(async (event) => {
  const session = await useSession<{ late: number }>(event, { issue: 'when-stored' })
  session.update({ late: (session.data.late ?? 0) + 1 })
  return { late: session.data.late }
})
