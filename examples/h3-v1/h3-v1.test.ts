import { tellStory } from '../story.ts'

tellStory({ name: 'h3-v1', cookie: 'h3', hasUpdate: true })
