import { describe, expect, test } from 'vitest'
import { astroDriver } from '../../adapters/astro/driver.ts'
import { cloudflareKvStore } from '../cloudflare-kv.ts'
import { d1Store } from '../d1.ts'
import { denoKvStore } from '../deno-kv.ts'
import { durableObjectStore } from '../durable-object.ts'
import { dynamodbStore } from '../dynamodb.ts'
import { fileStore } from '../file.ts'
import { libsqlStore } from '../libsql.ts'
import { memcachedStore } from '../memcached.ts'
import { memoryStore } from '../memory.ts'
import { mongodbStore } from '../mongodb.ts'
import { mysqlStore } from '../mysql.ts'
import { natsStore } from '../nats.ts'
import { postgresStore } from '../postgres.ts'
import { redisStore } from '../redis.ts'
import { sqliteStore } from '../sqlite.ts'
import { cached } from '../wrapping/cached.ts'
import { unstorageStore } from '../wrapping/unstorage.ts'

const nothing = async () => undefined
/** A client that answers to every name that a store asks for. */
const client = new Proxy({}, { get: () => nothing, has: () => true }) as never

const stores: Record<string, (options: never) => unknown> = {
  cached: (options) => cached(memoryStore(), { seconds: 1, ...(options as object) }),
  cloudflareKvStore: (options) => cloudflareKvStore(client, options),
  d1Store: (options) => d1Store(client, options),
  denoKvStore: (options) => denoKvStore(client, options),
  durableObjectStore: (options) => durableObjectStore(client, options),
  dynamodbStore: (options) => dynamodbStore(client, options),
  fileStore: (options) => fileStore({ directory: 'x', ...(options as object) }),
  libsqlStore: (options) => libsqlStore(client, options),
  memcachedStore: (options) => memcachedStore(client, options),
  mongodbStore: (options) => mongodbStore(client, options),
  mysqlStore: (options) => mysqlStore(client, options),
  natsStore: (options) => natsStore(client, options),
  postgresStore: (options) => postgresStore(client, options),
  redisStore: (options) => redisStore(client, options),
  sqliteStore: (options) => sqliteStore({ path: ':memory:', ...(options as object) }),
  unstorageStore: (options) => unstorageStore(client, options),
  astroDriver: (options) => astroDriver({ store: memoryStore(), ...(options as object) }),
}

const refusal = (make: () => unknown): { code?: string; message?: string } => {
  try {
    make()
  } catch (error) {
    return error as { code: string }
  }
  throw new Error('it was accepted')
}

describe.each(Object.entries(stores))('S13: %s', (name, make) => {
  test('refuses an option that it does not know, and names those it does', () => {
    const { code, message } = refusal(() => make({ prefx: 'x' } as never))
    expect([code, message]).toEqual([
      'BAD_OPTIONS',
      expect.stringMatching(new RegExp(`^${name}: \`prefx\` does not exist. Known are `)),
    ])
  })

  test('refuses a clock, or what is to be told, that is no function', () => {
    for (const option of ['now', 'onWarning']) {
      const { code, message } = refusal(() => make({ [option]: 5 } as never))
      expect([code, message]).toEqual([
        'BAD_OPTIONS',
        expect.stringMatching(new RegExp(`^${name}: \`${option}\` (is no function|does not exist)`)),
      ])
    }
  })
})

test.each(['cloudflareKvStore', 'natsStore', 'redisStore'])('S13: %s refuses options that are none', (name) => {
  for (const options of [null, 5, 'prefix', []])
    expect(refusal(() => stores[name]?.(options as never)).message).toMatch(`${name}: the options are no object.`)
})

test.each([{ idleTimeout: Number.NaN }, { idleTimeout: Number.POSITIVE_INFINITY }, { absoluteTimeout: -1 }])(
  'S13: astroDriver refuses times that cannot be meant: %o',
  (options) => {
    expect(refusal(() => stores.astroDriver?.(options as never)).code).toBe('BAD_OPTIONS')
  },
)
