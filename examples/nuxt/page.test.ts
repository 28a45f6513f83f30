import { tellOfPage } from '../nitro-page.ts'

tellOfPage({
  name: 'nuxt',
  page: 'nuxt.md',
  build: 'nuxt build',
  variable: 'NUXT_SESSION_PASSWORD',
  account: '/',
  types: './.nuxt/tsconfig.json',
  probe: `
export default defineEventHandler(async (event) => {
  const session = await useSession<{ user: string }>(event, useRuntimeConfig(event).session)
  session.nonsense()
  return session.data.user?.toUpperCase()
})
export const page = async () => {
  const { data } = await useFetch('/api/account')
  data.value?.nonsense
  return data.value?.user?.toUpperCase()
}`,
})
