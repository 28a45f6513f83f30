import { tellStory } from '../story.ts'

tellStory({ name: 'react-router', cookie: '__session' })
