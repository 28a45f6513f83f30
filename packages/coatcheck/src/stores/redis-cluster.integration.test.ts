import { Cluster, Redis } from 'ioredis'
import { createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningCluster, startRedisCluster } from '../../../../scripts/engine-servers.ts'
import { records } from '../../test/helpers/depth.ts'
import { freshName } from '../../test/helpers/engines.ts'
import { losesNothing, outlives } from '../../test/helpers/faults.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type RedisClient, redisStore } from './redis.ts'

/** What a client tells of a lost connection is expected here; without a listener it would end the process. */
const expected = (): void => {}
/** Three masters and a replica of each, which takes over when its master is gone. */
let cluster: RunningCluster

interface Connected {
  readonly client: RedisClient
  close(): unknown
}

const CLIENTS: Readonly<Record<string, () => Promise<Connected>>> = {
  async redis() {
    const client = createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })), useReplicas: true })
    client.on('error', expected)
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async ioredis() {
    const client = new Cluster(
      cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
      { scaleReads: 'slave' },
    )
    client.on('error', expected)
    return { client, close: () => client.disconnect() }
  },
}

beforeAll(async () => {
  cluster = await startRedisCluster(1, ['appendonly yes', 'appendfsync always'])
})
afterAll(() => cluster.stop())

describe.each(Object.entries(CLIENTS))(
  'redisStore, over a cluster and %s that reads from replicas where it may',
  (_, connect) => {
    let one: Connected
    let other: Connected
    beforeAll(async () => {
      ;[one, other] = await Promise.all([connect(), connect()])
    })
    afterAll(() => {
      one.close()
      other.close()
    })

    storeSuite({
      it,
      records,
      open({ now }) {
        const options = { prefix: `coatcheck:${freshName()}`, now }
        return { store: redisStore(one.client, options), reopen: () => redisStore(other.client, options) }
      },
      expect: ['touch', 'listByOwner', 'list', 'watch'],
    })

    it('spreads the sessions, and those of one owner, over all masters', async () => {
      const prefix = `coatcheck:${freshName()}`
      const store = redisStore(one.client, { prefix })
      const now = Date.now()
      const record = { data: 'cart', owner: 'ada', createdAt: now, endsAt: now + 60_000, expiresAt: now + 60_000 }
      for (let n = 0; n < 60; n++) await store.create(`key-${n}`, record)
      const held = cluster.nodes.map(async ({ port }) => {
        const node = new Redis(port)
        const keys = await node.keys(`${prefix}:s:*`)
        node.disconnect()
        return keys.length
      })
      // Each key is on its master and on that one's replica.
      expect((await Promise.all(held)).filter((count) => count > 5)).toHaveLength(6)
      expect(await store.listByOwner('ada')).toHaveLength(60)
    })

    it('fault: Redis Cluster | a master is killed and its replica takes over, with `wait` | STORE_FAILED until then | all that was acknowledged is there', async () => {
      const store = redisStore(one.client, { prefix: `coatcheck:${freshName()}`, wait: 1 })
      const masters = await masterPorts()
      const [victim] = cluster.nodes.filter(({ port }) => masters.includes(port))
      await losesNothing(store, {
        strike: () => victim?.server.kill(),
        heal: async () => {
          while ((await masterPorts()).includes(victim?.port ?? 0)) await new Promise((resolve) => setTimeout(resolve, 100))
        },
      })
      await victim?.server.start()
      await wholeAgain()
    })

    it('fault: Redis Cluster | every node is killed and started again | STORE_FAILED | all that was acknowledged is there', async () => {
      const store = redisStore(one.client, { prefix: `coatcheck:${freshName()}` })
      await outlives(store, {
        strike: () => Promise.all(cluster.nodes.map(({ server }) => server.kill())),
        async heal() {
          await Promise.all(cluster.nodes.map(({ server }) => server.start()))
          await wholeAgain()
        },
      })
    })
  },
)

async function ask(port: number, ...command: [string, ...string[]]): Promise<string> {
  const node = new Redis(port, { retryStrategy: () => null, maxRetriesPerRequest: 0 })
  node.on('error', expected)
  try {
    return String(await node.call(...command))
  } finally {
    node.disconnect()
  }
}

/** Who serves slots, as the others see it. */
async function masterPorts(): Promise<number[]> {
  for (const { port } of cluster.nodes) {
    const nodes = await ask(port, 'CLUSTER', 'NODES').catch(() => '')
    const lines = nodes.split('\n').filter((line) => /master/.test(line) && !/fail/.test(line) && /\d+-\d+/.test(line))
    if (nodes) return lines.map((line) => Number(/:(\d+)@/.exec(line)?.[1]))
  }
  return []
}

async function wholeAgain(): Promise<void> {
  for (const { port } of cluster.nodes) {
    while (!/cluster_state:ok/.test(await ask(port, 'CLUSTER', 'INFO')) || /fail/.test(await ask(port, 'CLUSTER', 'NODES')))
      await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
