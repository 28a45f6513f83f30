import { tellSameSource } from '../same-source.ts'
import { tellStory } from '../story.ts'

tellStory({ name: 'koa', cookie: 'koa.sess' })
tellStory({ name: 'koa', cookie: 'koa.sess', isStored: false })
tellSameSource('koa', 'coatcheck/koa', 'koa-session')
