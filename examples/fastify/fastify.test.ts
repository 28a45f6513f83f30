import { tellStory } from '../story.ts'

tellStory({ name: 'fastify', cookie: 'fastify' })
tellStory({ name: 'fastify', cookie: 'fastify', isStored: false })
