import { Elysia, t } from 'elysia'
import { createSessions, type Session } from '../../index.ts'
import { session } from './elysia.ts'

interface Data {
  n: number
}
const sessions = createSessions<Data, { message: string }>({ secrets: '' })
const baskets = createSessions<{ hats: number }>({ secrets: '' })

const plugin = new Elysia({ name: 'auth' }).use(session(sessions)).get('/in', async ({ session }) => (await session()).get('n'))

const app = new Elysia({ prefix: '/v1' })
  .state('since', 1)
  .decorate('greeting', 'hello')
  .use(plugin)
  .use(session(baskets, 'basket'))
  .post(
    '/add',
    async ({ session, basket, body, store, greeting }) => {
      const mine = await session()
      mine satisfies Session<Data, { message: string }>
      // @ts-expect-error: a key that is not there
      mine.get('m')
      // @ts-expect-error: a value of another type
      mine.set('n', '1')
      // @ts-expect-error: not opened
      session.get('n')
      store.since satisfies number
      greeting satisfies string
      ;(await basket()).set('hats', body.a)
      // @ts-expect-error: of the other kind
      ;(await basket()).set('n', 1)
      return mine.get('n') ?? 0
    },
    { body: t.Object({ a: t.Number() }) },
  )

// The types of routes, which Eden reads, are as without us.
type Routes = (typeof app)['~Routes']
const answer: Routes['v1']['add']['post']['response'][200] = 5
answer satisfies number

// @ts-expect-error: without the plugin
new Elysia().get('/', ({ session }) => session())
// @ts-expect-error: nothing of createSessions()
session({})
