import { tellSameSource } from '../same-source.ts'
import { tellStory } from '../story.ts'

tellStory({ name: 'cookie-session', cookie: 'session', isStored: false })
tellSameSource('cookie-session', 'coatcheck/cookie-session', 'cookie-session')
