import { tellStory } from '../story.ts'
import { tellOfSvelteKit } from '../sveltekit-story.ts'

tellStory({ name: 'sveltekit-2', cookie: 'shop', hasUpdate: true })
tellStory({ name: 'sveltekit-2', cookie: 'shop', isStored: false, hasUpdate: true })
tellOfSvelteKit('sveltekit-2')
