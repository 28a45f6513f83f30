import { tellStory } from '../story.ts'
import { tellOfSvelteKit } from '../sveltekit-story.ts'

tellStory({ name: 'sveltekit', cookie: 'shop', hasUpdate: true })
tellStory({ name: 'sveltekit', cookie: 'shop', isStored: false, hasUpdate: true })
tellOfSvelteKit('sveltekit')
