// An application of Elysia that Node and Bun serve: here as a process of its own, which prints its port.
import { type AnyElysia, Elysia, NotFoundError, sse, t } from 'elysia'
import { session } from '../../src/adapters/middleware/elysia.ts'
import { crossSite } from '../../src/csrf.ts'
import { createSessions } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { gate } from '../helpers/gate.ts'

interface Data {
  readonly n: number
  readonly [key: string]: unknown
}

/** `options`: of the application, such as its `adapter`. */
export function appOf(options: object = {}): AnyElysia {
  const sessions = createSessions<Data, { message: string }>({
    secrets: 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh',
    store: memoryStore(),
  })
  const baskets = createSessions<{ hats: number }>({
    secrets: 'Vb9xLw2cTz7nQm4kRj8pHs5gDf3yUa6e',
    store: memoryStore(),
    cookie: { name: '__Host-basket' },
  })
  const guard = crossSite()
  const [slow, stream] = [gate(), gate()]
  const orders = new Elysia({ prefix: '/orders' })
    .use(session(sessions))
    .get('/:id', async ({ session, params }) => void (await session()).set('order', params.id))
  return new Elysia(options)
    .onRequest((context) => guard.middleware(context))
    .use(session(sessions))
    .use(session(baskets, 'basket'))
    .use(orders)
    .onError(async ({ error, request, status }) => {
      if (!(error instanceof NotFoundError)) return
      const missed = await sessions.open(request)
      missed.set('missed', true)
      return status(404, 'nowhere')
    })
    .get('/public', ({ set }) => {
      set.headers['cache-control'] = 'public, max-age=60'
      return 'for everybody'
    })
    .get('/private', async ({ session, set }) => {
      set.headers['cache-control'] = 'public, max-age=60'
      return `n ${(await session()).get('n')}`
    })
    .get('/static', 'a text that is nobody’s')
    .post('/login', async ({ session, cookie, set }) => {
      const mine = await session()
      mine.signIn('ada')
      mine.flash('message', 'welcome')
      if (cookie.theme) cookie.theme.value = 'dark'
      // Elysia's own redirect() takes no path on Node.
      set.status = 303
      set.headers.location = '/flash'
    })
    .get('/flash', async ({ session }) => {
      const mine = await session()
      return { owner: mine.owner, message: mine.flash('message') }
    })
    .post('/set', async ({ session, query }) => void (await session()).set(String(query.key), true))
    .post('/count', async ({ session }) => (await session()).update('n', (n = 0) => n + 1), { body: t.Optional(t.Any()) })
    .get('/keys', async ({ session }) => [...(await session()).keys()].toSorted())
    .post('/logout', async ({ session }) => void (await session()).destroy())
    .post('/slow', async ({ session }) => {
      const mine = await session()
      await slow.pass()
      mine.set('slow', true)
    })
    .get('/slow/reached', () => slow.reached.then(() => 'somebody waits'))
    .post('/slow/go', () => slow.open())
    .post('/basket', async ({ basket }) => String((await basket()).update('hats', (hats = 0) => hats + 1)))
    .get('/cookie', async ({ session, cookie }) => {
      ;(await session()).set('cookie', true)
      if (cookie.other) cookie.other.value = 'v'
      return 'ok'
    })
    .get('/own', async ({ session }) => {
      ;(await session()).set('own', true)
      return new Response('own', { headers: { 'set-cookie': 'own=1' } })
    })
    .get('/status', async ({ session, status }) => {
      ;(await session()).set('status', true)
      return status(403, 'no')
    })
    .get('/throw', async ({ session, status }) => {
      ;(await session()).set('throw', true)
      throw status(403, 'no')
    })
    .get('/boom', async ({ session }) => {
      ;(await session()).set('boom', true)
      throw new Error('boom')
    })
    .get('/generator', async function* ({ session, query }) {
      const mine = await session()
      if (query.early) mine.set('first', true)
      yield sse('one')
      await stream.pass()
      try {
        mine.set('second', true)
        yield sse('two')
      } catch (error) {
        yield sse((error as { code: string }).code)
      }
    })
    .post('/generator/go', () => stream.open())
    .ws('/ws', {
      async message(ws, message) {
        const mine = await ws.data.session()
        try {
          mine.set('ws', true)
          ws.send(`${message} ${mine.get('n')}`)
        } catch (error) {
          ws.send((error as { code: string }).code)
        }
      },
    })
}

if ((globalThis as { Bun?: unknown }).Bun) {
  appOf().listen({ port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(`listening ${port}`))
}
