import { tellStory } from '../story.ts'

tellStory({ name: 'h3', cookie: 'h3', hasUpdate: true })
