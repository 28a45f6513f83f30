import { Redis } from 'ioredis'
import { createClient, createClientPool } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Running, startRedis, startRedisReplica } from '../../../../scripts/engine-servers.ts'
import { records } from '../../test/helpers/depth.ts'
import { freshName } from '../../test/helpers/engines.ts'
import { losesNothing, outlives, siteOver, whenBack } from '../../test/helpers/faults.ts'
import { wireTo } from '../../test/helpers/wire.ts'
import { storeSuite } from '../testing/store-suite.ts'
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

  it('fault: Redis | killed mid-request and started again | STORE_FAILED | all that was acknowledged is there', async () => {
    await outlives(redisStore(connected.client), { strike: () => redis.server.kill(), heal: () => redis.server.start() })
  })

  it('fault: Redis | killed under load and started again | STORE_FAILED | all that was acknowledged is there, nothing twice', async () => {
    await losesNothing(redisStore(connected.client), { strike: () => redis.server.kill(), heal: () => redis.server.start() })
  })

  it('fault: Redis | stops answering (SIGSTOP) for 3 seconds | STORE_FAILED, after 2 seconds | goes on where it was', async () => {
    let struck = 0
    await outlives(redisStore(connected.client), {
      strike() {
        struck = performance.now()
        redis.server.pause()
      },
      async heal() {
        await new Promise((resolve) => setTimeout(resolve, 3000 - (performance.now() - struck)))
        redis.server.resume()
      },
      says: /did not answer .* within 2 seconds/,
    })
  })

  it('fault: Redis | out of memory (noeviction) | STORE_FAILED (OOM) for writes; reads and sign-outs are done | goes on where it was', async () => {
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

  it('fault: Redis | a failover leads the client to a replica before it takes over | STORE_FAILED (READONLY) for writes | goes on where it was', async () => {
    const replica = await startRedisReplica(redis)
    const wire = await wireTo(redis.url)
    const [master, follower] = [new Redis(redis.url), new Redis(replica.url)]
    const { client, close } = await connect(wire.url)
    const store = redisStore(client)
    await outlives(store, {
      async strike() {
        // Whatever was written reaches the replica before an answer to this.
        await master.set('fence', '')
        await master.wait(1, 5_000)
        wire.leadTo(replica.url)
        await whenBack(() => store.read('anything'))
      },
      heal: () => follower.replicaof('NO', 'ONE'),
      says: /\(READONLY\).*Connect it to the master/,
    })
    close()
    await wire.close()
    master.disconnect()
    follower.disconnect()
    await replica.stop()
  })
})

describe('redisStore, at a failover to a replica that is behind', () => {
  const now = Date.now()
  const record = { data: 'cart', owner: 'ada', createdAt: now, endsAt: now + 60_000, expiresAt: now + 60_000 }
  let master: Running
  let replica: Running
  let client: Redis
  let follower: Redis
  beforeEach(async () => {
    master = await startRedis()
    replica = await startRedisReplica(master)
    client = new Redis(master.url)
    client.on('error', expected)
    follower = new Redis(replica.url)
  })
  afterEach(async () => {
    client.disconnect()
    follower.disconnect()
    await Promise.all([master.stop(), replica.stop()])
  })

  it('fault: Redis | failover to a replica that is behind | its answer | what the replica had not yet is undone: here a sign-out', async () => {
    const store = redisStore(client)
    const version = (await store.create('key', record)) ?? ''
    await client.wait(1, 5_000)
    await follower.replicaof('NO', 'ONE')
    expect(await store.delete('key', version)).toBe(true)
    await master.server.kill()
    expect(await redisStore(follower).read('key')).toEqual({ record, version })
  })

  it('fault: Redis | failover to a replica that is behind, with `wait` | STORE_FAILED for what the replica has not | all that was acknowledged is there', async () => {
    const store = redisStore(client, { wait: 1 })
    const version = (await store.create('key', record)) ?? ''
    expect(await redisStore(follower).read('key')).toEqual({ record, version })
    await follower.replicaof('NO', 'ONE')
    await expect(store.delete('key', version)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('only 0 of the 1 replicas'),
    })
  })
})

describe('redisStore that waits for a replica, over', () => {
  let master: Running
  let replica: Running
  beforeAll(async () => {
    master = await startRedis()
    replica = await startRedisReplica(master)
  })
  afterAll(() => Promise.all([master.stop(), replica.stop()]))
  const pooled = async (url: string) => {
    const client = createClientPool({ url }, { minimum: 1, maximum: 4 })
    await client.connect()
    return { client, close: () => client.close() }
  }

  describe.each(Object.entries({ ...CLIENTS, 'a pool of redis': pooled }))('%s', (_, connect) => {
    let connected: { client: RedisClient; close(): unknown }
    beforeAll(async () => {
      connected = await connect(master.url)
    })
    afterAll(() => void connected.close())

    storeSuite({
      it,
      records,
      open: ({ now }) => ({ store: redisStore(connected.client, { prefix: freshName(), wait: 1, now }) }),
      expect: ['touch', 'listByOwner', 'list'],
    })
  })
})
