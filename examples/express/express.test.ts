import { tellSameSource } from '../same-source.ts'
import { tellStory } from '../story.ts'

tellStory({ name: 'express', cookie: 'connect.sid' })
tellSameSource('express', 'coatcheck/express-session', 'express-session')
