import { tellOfNitro } from '../nitro-story.ts'
import { tellStory } from '../story.ts'

tellStory({ name: 'nitro', cookie: 'h3', hasUpdate: true })
tellStory({ name: 'nitro', cookie: 'h3', isStored: false })
tellOfNitro({ name: 'nitro', variable: 'NITRO_SESSION_PASSWORD', counted: (text) => JSON.parse(text)[2] })
