import { useSession } from 'coatcheck/nitro/runtime'
import { defineHandler } from 'nitro'
import { html, raw } from 'nitro/h3'
import { homePage } from '../utils/pages.ts'
import type { Shop } from '../utils/settings.ts'

export default defineHandler(async (event) => {
  const session = await useSession<Shop>(event)
  // With a function, no visit is lost that another request counts at the same moment.
  await session.update(({ visits = 0 }) => ({ visits: visits + 1 }))
  const page = homePage(session.data)
  delete session.data.message // stored before the response leaves
  return html(raw(page))
})
