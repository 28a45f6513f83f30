import { tellStoryInBrowser } from '../browse.ts'

tellStoryInBrowser({ name: 'sveltekit', cookie: 'shop' })
