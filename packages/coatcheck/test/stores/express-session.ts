import { RedisStore } from 'connect-redis'
import upstream from 'express-session'
import { createClient } from 'redis'
import { startRedis } from '../../../../scripts/engine-servers.ts'
import { type ExpressStoreLike, expressStore } from '../../src/stores/wrapping/express-session.ts'
import { counted } from '../helpers/counted.ts'
import { startOrTake } from '../helpers/engines.ts'
import { inside } from '../helpers/inside.ts'
import { over } from '../helpers/over.ts'
import type { TriedStore } from './tried.ts'

let trips = (): number => 0

export const TRIED: readonly TriedStore[] = [
  inside(
    'express-session, memory',
    () => {
      const { client, trips: calls } = counted(new upstream.MemoryStore() as ExpressStoreLike, 'get', 'set', 'destroy')
      trips = calls
      return { handle: ({ now }) => expressStore(client, { now }) }
    },
    () => trips(),
  ),
  over<{ readonly redis: unknown }>({
    name: 'express-session, connect-redis',
    engine: 'redis',
    start: () => startOrTake('redis', startRedis),
    async connect(url) {
      const client = createClient({ url })
      await client.connect()
      return { client: { redis: client }, close: () => client.close() }
    },
    store: ({ redis }, prefix, { now }) =>
      expressStore(new RedisStore({ client: redis as never, prefix }) as ExpressStoreLike, { now }),
  }),
]
