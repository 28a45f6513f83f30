import { Redis } from 'ioredis'
import { createClient, createClientPool, RESP_TYPES } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis } from '../../../../scripts/engine-servers.ts'
import { counted } from '../../test/helpers/counted.ts'
import { records } from '../../test/helpers/depth.ts'
import { freshName, serving } from '../../test/helpers/engines.ts'
import type { Connected } from '../../test/helpers/over.ts'
import { CLIENTS as PLAIN } from '../../test/stores/redis.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { CREATE, READ } from './redis/scripts.ts'
import { type RedisClient, redisStore } from './redis.ts'
import type { SessionRecord } from './store.ts'

const EVERYTHING = ['touch', 'listByOwner', 'list', 'watch'] as const
const url = serving('redis', startRedis)

const CLIENTS: Readonly<Record<string, (url: string) => Promise<Connected<RedisClient>>>> = {
  ...PLAIN,
  async 'redis with a prefix of its own'(address) {
    const client = await createClient({ url: address, keyPrefix: 'my*app:' }).connect()
    return { client, close: () => client.close() }
  },
  async 'a pool of redis'(address) {
    const client = createClientPool({ url: address }, { minimum: 1, maximum: 4 })
    await client.connect()
    return { client, close: () => client.close() }
  },
  async 'redis that speaks RESP2 and gives bytes'(address) {
    const plain = createClient({ url: address, RESP: 2 })
    await plain.connect()
    return { client: plain.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }), close: () => plain.close() }
  },
  async 'ioredis with a prefix of its own'(address) {
    const client = new Redis(address, { keyPrefix: 'my[app]:' })
    return { client, close: () => client.quit() }
  },
}

describe.each(Object.entries(CLIENTS))('redisStore, over %s', (_, connect) => {
  let one: Connected<RedisClient>
  let other: Connected<RedisClient>
  beforeAll(async () => {
    ;[one, other] = await Promise.all([connect(url()), connect(url())])
  })
  afterAll(() => Promise.all([one.close(), other.close()]))

  storeSuite({
    it,
    records,
    open({ now }) {
      const options = { prefix: `coatcheck:${freshName()}`, now }
      return { store: redisStore(one.client, options), reopen: () => redisStore(other.client, options) }
    },
    expect: EVERYTHING,
  })
})

const record = (changes: Partial<SessionRecord> = {}): SessionRecord => {
  const now = Date.now()
  return { data: 'cart', createdAt: now, endsAt: now + 20_000, expiresAt: now + 10_000, ...changes }
}

describe('redisStore', () => {
  let redis: Redis
  beforeAll(() => {
    redis = new Redis(url())
  })
  afterAll(() => redis.quit())

  it('asks Redis once for each thing, and twice where an owner’s index is touched', async () => {
    const { client, trips } = counted(redis, 'evalsha', 'eval', 'scan', 'call')
    const store = redisStore(client, { prefix: freshName() })
    await store.create('first', record({ owner: 'ada' }))
    const all = await store.list(undefined, 10)
    expect(all.keys).toEqual(['first'])
    trips()
    const version = (await store.create('guest', record())) ?? ''
    expect(trips()).toBe(1)
    const owned = (await store.create('owned', record({ owner: 'ada' }))) ?? ''
    expect(trips()).toBe(2)
    await store.read('guest')
    expect(trips()).toBe(1)
    const next = (await store.update('guest', record(), version)) ?? ''
    expect(trips()).toBe(1)
    await store.touch('guest', Date.now() + 15_000, next)
    expect(trips()).toBe(1)
    await store.listByOwner('ada')
    expect(trips()).toBe(1)
    await store.delete('guest', next)
    expect(trips()).toBe(1)
    await store.delete('owned', owned)
    expect(trips()).toBe(2)
  })

  it('sends its scripts once, and again when Redis has forgotten them', async () => {
    const { client, trips } = counted(redis, 'eval')
    const store = redisStore(client, { prefix: freshName() })
    await store.read('key')
    trips()
    await store.read('key')
    expect(trips()).toBe(0)
    await redis.script('FLUSH')
    expect(await store.read('key')).toBeUndefined()
    expect(trips()).toBe(1)
    expect(await redis.script('EXISTS', await READ.sha(), await CREATE.sha())).toEqual([1, 0])
  })

  it('leaves it to Redis to remove what is over, a minute after that', async () => {
    const prefix = freshName()
    const store = redisStore(redis, { prefix })
    const { expiresAt, endsAt } = record()
    const version = (await store.create('key', record({ owner: 'ada', expiresAt, endsAt }))) ?? ''
    const left = async (key: string): Promise<number> => Date.now() + (await redis.pttl(`${prefix}:${key}`))
    const near = (time: number): [number, number] => [time + 60_000 - 2_000, time + 60_000 + 2_000]
    const between = (time: number, [from, to]: [number, number]) => expect(time > from && time < to).toBe(true)
    between(await left('s:key'), near(expiresAt))
    between(await left('o:ada'), near(endsAt))
    await store.touch('key', expiresAt + 5_000, version)
    between(await left('s:key'), near(expiresAt + 5_000))
    await store.update('key', record({ expiresAt: expiresAt - 5_000 }), version)
    between(await left('s:key'), near(expiresAt - 5_000))
    await store.create('over', record({ expiresAt: 1, endsAt: 1 }))
    between(await left('s:over'), near(Date.now()))
  })

  it('counts by the application’s clock, however far the one of Redis is off', async () => {
    const ahead = Date.now() + 3_600_000
    const store = redisStore(redis, { prefix: freshName(), now: () => ahead })
    const version = await store.create('key', record({ owner: 'ada', expiresAt: ahead + 1, endsAt: ahead + 1 }))
    expect((await store.read('key'))?.version).toBe(version)
    expect(await store.listByOwner('ada')).toEqual(['key'])
    const behind = Date.now() - 3_600_000
    const other = redisStore(redis, { prefix: freshName(), now: () => behind })
    await other.create('key', record({ owner: 'ada', expiresAt: behind + 1, endsAt: behind + 1 }))
    expect(await other.read('key')).toBeDefined()
    expect(await other.listByOwner('ada')).toEqual(['key'])
  })

  it('drops what has ended from an owner’s index by the way, and nothing that may be alive', async () => {
    const prefix = freshName()
    let now = Date.now()
    const store = redisStore(redis, { prefix, now: () => now })
    await store.create('short', record({ owner: 'ada', endsAt: now + 10_000 }))
    await store.create('long', record({ owner: 'ada', endsAt: now + 100_000 }))
    now += 60_000
    await store.create('next', record({ owner: 'ada', endsAt: now + 100_000 }))
    expect(await redis.zcard(`${prefix}:o:ada`)).toBe(3)
    now += 20_000
    await store.create('last', record({ owner: 'ada', endsAt: now + 100_000 }))
    expect((await store.listByOwner('ada')).toSorted()).toEqual(['last', 'long', 'next'])
  })

  it('knows its own create and update again when the client sends them twice', async () => {
    const client = new Proxy(redis, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return async (...given: unknown[]) => {
          if (name === 'evalsha' || name === 'eval') await Reflect.apply(value, target, given)
          return Reflect.apply(value, target, given)
        }
      },
    })
    const store = redisStore(client, { prefix: freshName() })
    const version = (await store.create('key', record({ owner: 'ada' }))) ?? ''
    expect(version).toMatch(/^.{12}$/)
    expect(await store.listByOwner('ada')).toEqual(['key'])
    const next = await store.update('key', record({ data: 'more' }), version)
    expect((await store.read('key'))?.version).toBe(next)
    expect(await store.create('key', record({ owner: 'ada' }))).toBeUndefined()
    expect(await store.listByOwner('ada')).toEqual(['key'])
  })

  it('lists its own keys among many of others, in pages of the size that was asked for', async () => {
    const prefix = freshName()
    const store = redisStore(redis, { prefix })
    const batch = redis.pipeline()
    for (let n = 0; n < 3_000; n++) batch.set(`${prefix}:other:${n}`, 'x', 'EX', 60)
    batch.set(`x${prefix}:s:key-0`, 'x', 'EX', 60)
    batch.set(`${prefix}:s:No key of ours`, 'x', 'EX', 60)
    await batch.exec()
    const keys = Array.from({ length: 500 }, (_, nth) => `key-${nth}`)
    await Promise.all(keys.map((key) => store.create(key, record())))
    const found: string[] = []
    let after: string | undefined
    do {
      const page = await store.list(after, 7)
      expect(page.keys.length).toBeLessThanOrEqual(7)
      found.push(...page.keys)
      after = page.next
    } while (after !== undefined)
    expect([...new Set(found)].toSorted()).toEqual(keys.toSorted())
  })

  it('warns once, after the first create, of a server that drops live sessions', async () => {
    const warnings: string[] = []
    const onWarning = (warning: string): void => void warnings.push(warning)
    const until = async (count: number): Promise<void> => {
      while (warnings.length < count) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await redisStore(redis, { prefix: freshName(), onWarning }).create('key', record())
    await redis.ping()
    expect(warnings).toEqual([])
    const own = await startRedis(['maxmemory-policy allkeys-lru'])
    const client = new Redis(own.url)
    const store = redisStore(client, { onWarning })
    await Promise.all([store.create('one', record()), store.create('two', record())])
    await until(1)
    await store.create('three', record())
    await client.ping()
    expect(warnings).toEqual([expect.stringContaining('maxmemory-policy is allkeys-lru')])
    client.disconnect()
    await own.stop()
  })

  it('keeps data apart by prefix, and takes none that Redis would read as more than a name', async () => {
    const one = redisStore(redis, { prefix: 'a' })
    const other = redisStore(redis, { prefix: 'a:s' })
    await one.create('key', record({ data: 'one' }))
    await other.create('key', record({ data: 'other' }))
    expect((await one.list(undefined, 10)).keys).toEqual(['key'])
    expect((await one.read('key'))?.record.data).toBe('one')
    for (const prefix of ['', 'a b', 'a*', '{a}', 'a\0', "a'", 'ä', ':a', 'a:', 'x'.repeat(101), 7])
      expect(() => redisStore(redis, { prefix } as object)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })
})
