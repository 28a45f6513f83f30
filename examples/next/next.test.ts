import { tellStory } from '../story.ts'

tellStory({ name: 'next', cookie: 'session', hasUpdate: true })
