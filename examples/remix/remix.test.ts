import { tellStory } from '../story.ts'

tellStory({ name: 'remix', cookie: '__session' })
