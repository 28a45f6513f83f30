import { createSessions, type Store } from 'coatcheck'
import { withSession } from 'coatcheck/hono'
import { memoryStore } from 'coatcheck/stores/memory'
import { Hono } from 'hono'
import { noteEvent, valueIn, watched } from '../trace.ts'
import type { Gates } from './gates.ts'
import { latency } from './latency.ts'

export const HERE = '/try/here'
export const HERE_COOKIE = 'here'

/** What the buttons of the first page send, answered by Coatcheck. `express-session.ts` answers the same. */
export function hereTrials(secrets: string | readonly string[], gates: Gates): Hono {
  const store = watched(slowed(memoryStore({ maxSessionsPerOwner: 100 })))
  const cookie = { name: HERE_COOKIE, path: HERE, secure: false }
  const onEvent = noteEvent

  const sessions = createSessions({ secrets, store, cookie, onEvent })
  const here = new Hono()
  here.use(withSession(sessions))

  here.post('/sign-in', async (c) => {
    const session = await sessions.open(c)
    session.signOut() // what the last trial left
    session.signIn('ada')
    return c.body(null, 204)
  })

  here.post('/sign-out', async (c) => {
    const session = await sessions.open(c)
    session.signOut()
    return c.body(null, 204)
  })

  here.post('/add', async (c) => {
    const session = await sessions.open(c)
    const tag = `tag ${c.req.query('tag')}`
    await latency() // asks another server
    session.set(tag, true)
    return c.body(null, 204)
  })

  here.post('/slow', async (c) => {
    const session = await sessions.open(c)
    await gates.pass(c.req.header('x-trial') ?? '')
    session.set('tag of the slow request', true)
    return c.body(null, 204)
  })

  here.get('/who', async (c) => {
    const session = await sessions.open(c)
    const tags = session.keys().filter((key) => key.startsWith('tag '))
    return c.json({ user: session.owner ?? null, tags: tags.length })
  })

  here.get('/copy', (c) => c.text(`${HERE_COOKIE}=${valueIn(c.req.header('cookie') ?? '', HERE_COOKIE)}`))
  return here
}

function slowed(store: Store & Required<Pick<Store, 'touch'>>): Store & Required<Pick<Store, 'touch'>> {
  const after = async <T>(call: () => Promise<T>): Promise<T> => {
    await latency()
    return call()
  }
  return {
    read: (key) => after(() => store.read(key)),
    create: (key, record, from) => after(() => store.create(key, record, from)),
    update: (key, record, version) => after(() => store.update(key, record, version)),
    delete: (key, version) => after(() => store.delete(key, version)),
    touch: (key, expiresAt, version) => after(() => store.touch(key, expiresAt, version)),
  }
}
