import { tellStoryInBrowser } from '../browse.ts'

tellStoryInBrowser({ name: 'react-router', cookie: '__session' })
