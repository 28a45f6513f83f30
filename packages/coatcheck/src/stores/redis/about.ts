import type { StoreFacts } from '../store.ts'
import type { RedisConnection } from './client.ts'
import { ABOUT } from './scripts.ts'

const FIELDS = [
  ...['valkey_version', 'redis_version', 'used_memory', 'maxmemory', 'maxmemory_policy'],
  ...['aof_enabled', 'evicted_keys'],
]

/** What the server of `key` says of itself. */
export async function factsOf(connection: RedisConnection, key: string): Promise<StoreFacts> {
  const [seconds, micros, ...fields] = ((await connection.run(ABOUT, key, FIELDS)) as readonly unknown[]).map(String)
  const said = new Map(fields.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1)]))
  const number = (name: string): number => Number(said.get(name) ?? 0)
  const valkey = said.get('valkey_version')
  return {
    server: valkey === undefined ? `Redis ${said.get('redis_version')}` : `Valkey ${valkey}`,
    time: Number(seconds) * 1000 + Math.floor(Number(micros) / 1000),
    eviction: said.get('maxmemory_policy') ?? '',
    evicted: number('evicted_keys'),
    memory: { used: number('used_memory'), most: number('maxmemory') },
    ...(said.get('aof_enabled') === '0' && { loses: 'what was written since the last snapshot (appendonly is no)' }),
  }
}
