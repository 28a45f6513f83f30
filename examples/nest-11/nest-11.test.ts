import { tellStory } from '../story.ts'

tellStory({ name: 'nest-11', cookie: 'session', hasUpdate: true, env: { PLATFORM: 'express' } })
tellStory({ name: 'nest-11', cookie: 'session', hasUpdate: true, env: { PLATFORM: 'fastify' } })
