import { tellOfNitro } from '../nitro-story.ts'
import { tellStory } from '../story.ts'

tellStory({ name: 'nuxt', cookie: 'h3', hasUpdate: true })
tellStory({ name: 'nuxt', cookie: 'h3', isStored: false })
tellOfNitro({
  name: 'nuxt',
  variable: 'NUXT_SESSION_PASSWORD',
  counted: (text) => Number(/id="inner">(\d+)/.exec(text)?.[1]),
  types: {
    folder: '.nuxt',
    include: ['../nuxt.d.ts', '../types/nitro-nuxt.d.ts', '../types/nitro.d.ts'],
    code: `
export const handler = defineEventHandler(async (event) => {
  const session = await useSession<{ visits: number }>(event)
  session.nonsense()
  const copied = await useSession(event, useRuntimeConfig(event).session)
  return [session.data.visits?.toFixed(), copied.id]
})
export const page = async () => {
  const { data } = await useFetch('/api/visit')
  data.value?.nonsense
  return data.value?.visits?.toFixed()
}`,
  },
})
