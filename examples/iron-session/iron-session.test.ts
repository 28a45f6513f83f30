import { tellSameSource } from '../same-source.ts'
import { tellStory } from '../story.ts'

tellStory({ name: 'iron-session', cookie: 'cloakroom' })
tellStory({ name: 'iron-session', cookie: 'cloakroom', isStored: false })
tellSameSource('iron-session', 'coatcheck/iron-session', 'iron-session')
