import { tellOfNitro } from '../nitro-story.ts'
import { tellStory } from '../story.ts'

tellStory({ name: 'nitro-2', cookie: 'h3', hasUpdate: true })
tellStory({ name: 'nitro-2', cookie: 'h3', isStored: false })
tellOfNitro({
  name: 'nitro-2',
  variable: 'NITRO_SESSION_PASSWORD',
  counted: (text) => JSON.parse(text)[2],
  types: {
    folder: '.nitro/types',
    include: ['../nitro.d.ts'],
    // From h3, since Nitro finds the types of another h3 here, of the folder above.
    code: `
import { defineEventHandler } from 'h3'
export const handler = defineEventHandler(async (event) => {
  const session = await useSession<{ visits: number }>(event)
  session.nonsense()
  const copied = await useSession(event, useRuntimeConfig(event).session)
  return [session.data.visits?.toFixed(), copied.id]
})`,
  },
})
