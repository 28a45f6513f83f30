import { expect, test } from 'vitest'
import { ADA, Guest } from '../guest.ts'
import { open } from '../harness.ts'
import { tellStory } from '../story.ts'

tellStory({ name: 'nest', cookie: 'session', hasUpdate: true, env: { PLATFORM: 'express' } })
tellStory({ name: 'nest', cookie: 'session', hasUpdate: true, env: { PLATFORM: 'fastify' } })
tellStory({ name: 'nest', cookie: 'session', isStored: false })

test('a guard lets in who has signed in', async () => {
  const app = await open('nest', { PLATFORM: 'fastify' })
  try {
    const ada = new Guest(app.url)
    expect((await ada.ask('/members')).status).toBe(403)
    await ada.send('/login', ADA)
    const members = await ada.ask('/members')
    expect([members.status, await members.text()]).toEqual([200, 'for members'])
  } finally {
    await app.stop()
  }
})
