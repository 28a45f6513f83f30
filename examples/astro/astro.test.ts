import { tellStory } from '../story.ts'

tellStory({ name: 'astro', cookie: 'astro-session' })
