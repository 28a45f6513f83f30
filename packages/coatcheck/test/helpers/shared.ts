import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { mysqlStore } from '../../src/stores/mysql.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import { redisStore } from '../../src/stores/redis.ts'
import type { Store } from '../../src/stores/store.ts'

/** A store on a server that other processes use too. */
export async function openShared(kind: string, url: string): Promise<{ store: Store; close(): Promise<unknown> }> {
  if (kind === 'redis') {
    const client = createClient({ url })
    await client.connect()
    return { store: redisStore(client), close: () => client.close() }
  }
  if (kind === 'postgres') {
    const pool = new Pool({ connectionString: url })
    return { store: postgresStore(pool), close: () => pool.end() }
  }
  const pool = createPool(url)
  return { store: mysqlStore(pool), close: () => pool.end() }
}
