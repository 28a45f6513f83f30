import { Redis as Upstash } from '@upstash/redis'
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { startRedis, startRedisCluster } from '../../../../scripts/engine-servers.ts'
import * as scripts from '../../src/stores/redis/scripts.ts'
import { type RedisClient, redisStore } from '../../src/stores/redis.ts'
import { counted } from '../helpers/counted.ts'
import { startOrTake } from '../helpers/engines.ts'
import { type Connected, type Over, over } from '../helpers/over.ts'
import { startUpstash, TOKEN } from '../stand-ins/upstash.ts'
import type { TriedStore } from './tried.ts'

/** One server, by each client. */
export const CLIENTS: Readonly<Record<'redis' | 'ioredis', (url: string) => Promise<Connected<RedisClient>>>> = {
  async redis(url) {
    const client = await createClient({ url }).connect()
    return { client, close: () => client.close() }
  },
  async ioredis(url) {
    const client = new Redis(url)
    return { client, close: () => client.quit() }
  },
}

/** Three servers, of which each client is told one. */
const CLUSTER_CLIENTS: Readonly<Record<'redis' | 'ioredis', (url: string) => Promise<Connected<RedisClient>>>> = {
  async redis(url) {
    const client = createCluster({ rootNodes: [{ url }] })
    await client.connect()
    return { client, close: () => client.close() }
  },
  async ioredis(url) {
    const client = new Cluster([url])
    return { client, close: () => client.quit() }
  },
}

const store: Over<RedisClient>['store'] = (client, prefix, { now }) => redisStore(client, { prefix, now })

const single = (client: keyof typeof CLIENTS): TriedStore =>
  over({
    name: `redis, over ${client}`,
    engine: 'redis',
    start: () => startOrTake('redis', startRedis),
    connect: CLIENTS[client],
    store,
  })

/** A cluster tells its clients where its servers are, so there is no one way to it: the calls of the client are counted. */
function cluster(name: keyof typeof CLUSTER_CLIENTS): TriedStore {
  let trips = (): number => 0
  const { start, ...rest } = over<RedisClient>({
    name: `redis, over a cluster and ${name}`,
    engine: 'redis',
    async start() {
      const { nodes, stop } = await startRedisCluster()
      // Each server is sent a script once, however long it runs; which calls that meets would be chance.
      for (const { port } of nodes) {
        const node = new Redis(port)
        for (const { text } of Object.values(scripts)) await node.script('LOAD', text)
        node.disconnect()
      }
      return { url: nodes[0]?.url ?? '', stop }
    },
    async connect(url) {
      const { client, close } = await CLUSTER_CLIENTS[name](url)
      const watched = counted(client, 'evalSha', 'evalsha', 'eval')
      trips = watched.trips
      return { client: watched.client, close }
    },
    store,
  })
  return {
    ...rest,
    async start() {
      const { open, stop } = await start()
      return { open: (tools) => open(tools), stop, trips: () => trips() }
    },
  }
}

/** Its client as most people have it: it makes values of texts that are JSON, and sends what is asked at once together. */
const upstash: TriedStore = over<RedisClient>({
  name: 'redis, over @upstash/redis and a stand-in',
  engine: 'redis',
  start: async () => startUpstash(await startOrTake('redis', startRedis)),
  connect: (url) => ({ client: new Upstash({ url, token: TOKEN }), close: () => {} }),
  store,
})

export const TRIED: readonly TriedStore[] = [
  ...[single('redis'), single('ioredis'), cluster('redis'), cluster('ioredis')],
  upstash,
]
