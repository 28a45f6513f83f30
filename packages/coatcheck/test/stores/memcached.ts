import { startMemcached } from '../../../../scripts/engine-servers.ts'
import { memcachedClient, memcachedStore, type OwnMemcachedClient } from '../../src/stores/memcached.ts'
import { startOrTake } from '../helpers/engines.ts'
import { over } from '../helpers/over.ts'
import type { TriedStore } from './tried.ts'

export function connectMemcached(url: string): { client: OwnMemcachedClient; close(): void } {
  const { hostname, port } = new URL(url)
  const client = memcachedClient({ host: hostname, port: Number(port) })
  return { client, close: () => client.close() }
}

export const TRIED: readonly TriedStore[] = [
  over({
    name: 'memcached, over memcachedClient',
    engine: 'memcached',
    start: () => startOrTake('memcached', startMemcached),
    connect: connectMemcached,
    store: (client, prefix, { now }) => memcachedStore(client, { prefix, now }),
  }),
]
