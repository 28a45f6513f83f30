import { tellOfPage } from '../nitro-page.ts'

tellOfPage({
  name: 'nitro-2',
  page: 'nitro.md',
  build: 'nitropack build',
  variable: 'NITRO_SESSION_PASSWORD',
  account: '/account',
  types: './.nitro/types/tsconfig.json',
  probe: `
export default defineEventHandler(async (event) => {
  const session = await useSession<{ user: string }>(event, useRuntimeConfig(event).session)
  session.nonsense()
  return session.data.user?.toUpperCase()
})
export const fetched = async () => (await $fetch('/account')).nonsense`,
  rewritten: (text) =>
    text
      .replace(/^import .* from '(?:nitro|nitro\/h3|coatcheck\/nitro\/runtime)'\n+/gm, '')
      .replace('defineConfig', 'defineNitroConfig')
      .replace('defineHandler', 'defineEventHandler')
      .replace("serverDir: './server'", "srcDir: 'server'"),
})
