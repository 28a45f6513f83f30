import { tellStory } from '../story.ts'

tellStory({ name: 'elysia', cookie: 'session', hasUpdate: true })
tellStory({ name: 'elysia', cookie: 'session', isStored: false })
