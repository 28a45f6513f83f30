import { tellStoryInBrowser } from '../browse.ts'

tellStoryInBrowser({ name: 'astro', cookie: 'astro-session' })
