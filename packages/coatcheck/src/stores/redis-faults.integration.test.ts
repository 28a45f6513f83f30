import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startRedis } from '../../../../scripts/engine-servers.ts'
import { losesNothing, outlives, siteOver } from '../../test/helpers/faults.ts'
import { type RedisClient, redisStore } from './redis.ts'

const NEVER_FORGETS = ['appendonly yes', 'appendfsync always']
/** What a client tells of a lost connection is expected here; without a listener it would end the process. */
const expected = (): void => {}

const CLIENTS: Readonly<Record<string, (url: string) => Promise<{ client: RedisClient; close(): unknown }>>> = {
  async redis(url) {
    const client = createClient({ url })
    client.on('error', expected)
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async ioredis(url) {
    const client = new Redis(url)
    client.on('error', expected)
    return { client, close: () => client.disconnect() }
  },
}

describe.each(Object.entries(CLIENTS))('redisStore over %s, when', (_, connect) => {
  let redis: Running
  let connected: { client: RedisClient; close(): unknown }
  beforeAll(async () => {
    redis = await startRedis(NEVER_FORGETS)
    connected = await connect(redis.url)
  })
  afterAll(async () => {
    await connected.close()
    await redis.stop()
  })

  it('Redis is killed and started again', async () => {
    await outlives(redisStore(connected.client), { strike: () => redis.server.kill(), heal: () => redis.server.start() })
  })

  it('Redis is killed under load and started again', async () => {
    await losesNothing(redisStore(connected.client), { strike: () => redis.server.kill(), heal: () => redis.server.start() })
  })

  it('Redis stops answering and goes on', async () => {
    await outlives(redisStore(connected.client), { strike: () => redis.server.pause(), heal: () => redis.server.resume() })
  })

  it('the memory of Redis is full: what is there is read and ended', async () => {
    const store = redisStore(connected.client)
    const bob = siteOver(store).person()
    await bob.does((session) => session.signIn('bob'))
    const admin = new Redis(redis.url)
    const full = async (): Promise<void> => {
      await admin.config('SET', 'maxmemory-policy', 'noeviction')
      await admin.config('SET', 'maxmemory', '1')
    }
    const room = (): Promise<unknown> => admin.config('SET', 'maxmemory', '0')
    await outlives(store, { strike: full, heal: room, says: /\(OOM\).*Give Redis more memory/ })
    await full()
    expect(await bob.does((session) => session.owner)).toBe('bob')
    const copy = bob.thief()
    await bob.does((session) => session.destroy())
    expect(await copy.does((session) => session.owner)).toBeUndefined()
    await room()
    admin.disconnect()
  })

  it('somebody else uses the key', async () => {
    const admin = new Redis(redis.url)
    await admin.set('coatcheck:s:key', 'a page of a cache')
    const store = redisStore(connected.client)
    await expect(store.read('key')).rejects.toMatchObject({ code: 'STORE_FAILED', fix: expect.stringContaining('prefix') })
    admin.disconnect()
  })

  it('it is a replica, which takes no writes', async () => {
    const replica = await startRedis([`replicaof 127.0.0.1 ${redis.port}`])
    const { client, close } = await connect(replica.url)
    const now = Date.now()
    const record = { data: 'cart', createdAt: now, endsAt: now + 60_000, expiresAt: now + 60_000 }
    await expect(redisStore(client).create('key-2', record)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      fix: expect.stringContaining('master'),
    })
    close()
    await replica.stop()
  })
})
