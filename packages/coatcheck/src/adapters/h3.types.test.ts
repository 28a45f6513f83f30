import { defineHandler, H3, type H3Event, type HTTPEvent, serve } from 'h3'
import { createApp, defineEventHandler, type H3Event as H3Event1, toWebHandler } from 'h3-v1'
import { memoryStore } from '../stores/memory.ts'
import {
  clearSession,
  commitSessions,
  getSession,
  rotateSession,
  type SessionConfig,
  sealSession,
  unsealSession,
  updateSession,
  useSession,
} from './h3.ts'

interface Cart {
  user: string
  items: string[]
}
const password = ''

// h3 2, with the code of its documents
const app = new H3()
app.use(commitSessions())
app.get('/', async (event) => {
  const session = await useSession(event, { password })
  const count = (session.data.count || 0) + 1
  await session.update({ count: count })
  return session.data
})
app.use('/clear', async (event) => {
  const session = await useSession(event, {
    name: 'my-session',
    password,
    cookie: { httpOnly: true, secure: true, sameSite: 'strict', chunkMaxLength: 4000 },
    maxAge: 60 * 60 * 24 * 7,
    idleTimeout: 60,
    legacySealFallback: true,
  })
  await session.clear()
  return 'Session cleared'
})
app.get('/rotate', async (event) => {
  await rotateSession(event, { password })
  return (await useSession(event, { password })).rotate()
})
serve(app)
export const handler: unknown = defineHandler(async (event) => (await getSession<Cart>(event, { password })).data.items)

// h3 1
const first = createApp({ onBeforeResponse: commitSessions() })
first.use(
  defineEventHandler(async (event) => {
    const session = await useSession(event, { password, crypto, generateId: () => 'id', seal: { ttl: 1 } })
    await session.update((data) => ({ count: (data.count || 0) + 1 }))
    return session.data
  }),
)
toWebHandler(first)

/** Both kinds of event, and the bare ones. */
export async function anyEvent(event: H3Event | H3Event1 | HTTPEvent | { headers: Headers; context: object }): Promise<void> {
  const config: SessionConfig = { password: [password], store: memoryStore(), issue: 'when-stored', format: undefined }
  const session = await useSession<Cart>(event, config)
  await session.update({ user: 'ada' })
  await session.update(({ items = [] }) => ({ items: [...items, 'hat'] }))
  await session.update((data) => {
    data.items?.push('scarf')
  })
  session.data.items satisfies string[] | undefined
  session.id satisfies string | undefined
  // @ts-expect-error: a value of another type
  await session.update({ user: 1 })
  // @ts-expect-error: an unknown value
  await session.update({ other: 1 })
  // @ts-expect-error: the manager cannot be written to
  session.id = ''
  ;(await updateSession<Cart>(event, config, { user: 'ada' })).data.user satisfies string | undefined
  ;(await unsealSession<Cart>(event, config, await sealSession(event, config))).createdAt satisfies number | undefined
  await clearSession(event, { name: 'h3' })
  await clearSession(event, {})
  // @ts-expect-error: no password
  await useSession(event, { name: 'h3' })
  // @ts-expect-error: no such time
  await useSession(event, { password, issue: 'sometimes' })
  // @ts-expect-error: no event
  await useSession('event', config)
}
