import { tellOfPage } from '../nitro-page.ts'

tellOfPage({
  name: 'nitro',
  page: 'nitro.md',
  build: 'nitro build',
  variable: 'NITRO_SESSION_PASSWORD',
  account: '/account',
  probe: `
import { useSession } from 'coatcheck/nitro/runtime'
import { defineHandler } from 'nitro'
export default defineHandler(async (event) => {
  const session = await useSession<{ user: string }>(event)
  session.nonsense()
  return session.data.user?.toUpperCase()
})`,
})
