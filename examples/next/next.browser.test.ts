import { tellOfNextInBrowser } from '../next-browser-story.ts'

tellOfNextInBrowser('next')
