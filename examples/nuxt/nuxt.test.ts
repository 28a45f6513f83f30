import { tellOfNitro } from '../nitro-story.ts'
import { tellStory } from '../story.ts'

tellStory({ name: 'nuxt', cookie: 'h3', hasUpdate: true })
tellStory({ name: 'nuxt', cookie: 'h3', isStored: false })
tellOfNitro({ name: 'nuxt', variable: 'NUXT_SESSION_PASSWORD', counted: (text) => Number(/id="inner">(\d+)/.exec(text)?.[1]) })
