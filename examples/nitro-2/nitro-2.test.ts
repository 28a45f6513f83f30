import { tellOfNitro } from '../nitro-story.ts'
import { tellStory } from '../story.ts'

tellStory({ name: 'nitro-2', cookie: 'h3', hasUpdate: true })
tellStory({ name: 'nitro-2', cookie: 'h3', isStored: false })
tellOfNitro({ name: 'nitro-2', variable: 'NITRO_SESSION_PASSWORD', counted: (text) => JSON.parse(text)[2] })
