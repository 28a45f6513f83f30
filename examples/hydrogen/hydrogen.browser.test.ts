import { tellStoryInBrowser } from '../browse.ts'

tellStoryInBrowser({ name: 'hydrogen', cookie: '__session', visit: '/api/visit' })
