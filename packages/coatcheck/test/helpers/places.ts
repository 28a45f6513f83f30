import { Redis } from 'ioredis'
import postgres from 'postgres'
import { natsStore } from '../../src/stores/nats.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import { redisStore } from '../../src/stores/redis.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import type { Store } from '../../src/stores/store.ts'
import { connectNats } from '../stores/nats.ts'
import { openShared } from './shared.ts'

/** A store where other processes have theirs, over the client that is named. */
export async function openPlace(kind: string, place: string): Promise<{ store: Store; close(): Promise<unknown> }> {
  switch (kind) {
    case 'ioredis': {
      const client = new Redis(place)
      return { store: redisStore(client), close: () => client.quit() }
    }
    case 'postgres.js': {
      const sql = postgres(place, { onnotice: () => {} })
      return { store: postgresStore(sql), close: () => sql.end() }
    }
    case 'nats': {
      const { client, close } = await connectNats(place)
      return { store: natsStore(client), close }
    }
    case 'sqlite': {
      const store = sqliteStore({ path: place })
      return { store, close: async () => store.close() }
    }
    default:
      return openShared(kind, place)
  }
}
