import { tellOfNext } from '../next-story.ts'

tellOfNext('next')
