import { Redis } from 'ioredis'
import { createClient, createClientPool } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis } from '../../../../scripts/engine-servers.ts'
import { freshName, serving } from '../../test/helpers/engines.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type RedisClient, type RedisStore, type RedisStoreOptions, redisStore } from './redis.ts'

const EVERYTHING = ['touch', 'listByOwner', 'list'] as const
const url = serving('redis', startRedis)

interface Connected {
  readonly client: RedisClient
  close(): Promise<unknown>
}

const CLIENTS: Readonly<Record<string, () => Promise<Connected>>> = {
  async redis() {
    const client = await createClient({ url: url() }).connect()
    return { client, close: () => client.close() }
  },
  async 'redis with a prefix of its own'() {
    const client = await createClient({ url: url(), keyPrefix: 'my*app:' }).connect()
    return { client, close: () => client.close() }
  },
  async 'a pool of redis'() {
    const client = await createClientPool({ url: url() }, { minimum: 1, maximum: 4 }).connect()
    return { client, close: () => client.close() }
  },
  async ioredis() {
    const client = new Redis(url())
    return { client, close: () => client.quit() }
  },
  async 'ioredis with a prefix of its own'() {
    const client = new Redis(url(), { keyPrefix: 'my[app]:' })
    return { client, close: () => client.quit() }
  },
}

describe.each(Object.entries(CLIENTS))('redisStore, over %s', (_, connect) => {
  let one: Connected
  let other: Connected
  beforeAll(async () => {
    ;[one, other] = await Promise.all([connect(), connect()])
  })
  afterAll(() => Promise.all([one.close(), other.close()]))

  storeSuite({
    it,
    open({ now }) {
      const options = { prefix: `coatcheck:${freshName()}`, now }
      return { store: redisStore(one.client, options), reopen: () => redisStore(other.client, options) }
    },
    expect: EVERYTHING,
  })
})
