import { useSession } from 'coatcheck/nitro/runtime'
import { defineHandler } from 'nitro'
import { html, raw } from 'nitro/h3'
import { loginPage } from '../utils/pages.ts'
import type { Shop } from '../utils/settings.ts'

export default defineHandler(async (event) => {
  const session = await useSession<Shop>(event)
  const page = loginPage(session.data.error)
  delete session.data.error
  return html(raw(page))
})
