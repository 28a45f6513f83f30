import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe } from 'vitest'
import { startRedis } from '../../../../scripts/engine-servers.ts'
import { freshName, serving } from '../../test/helpers/engines.ts'
import { tellExpressStore } from '../../test/trials/express-stores.ts'
import type { ExpressStoreLike } from './wrapping/express-session.ts'

// The store suite is played on it with the other stores (test/stores/express-session.ts).

const url = serving('redis', startRedis)

describe('connect-redis, behind an application of Express', () => {
  let client: ReturnType<typeof createClient>
  beforeAll(async () => {
    client = createClient({ url: url() })
    await client.connect()
  })
  afterAll(() => client.close())
  const prefix = freshName()

  tellExpressStore(() => new RedisStore({ client, prefix }) as ExpressStoreLike)
})
