import type { Store } from '../../src/stores/store.ts'

interface Shared {
  open(url: string): Promise<{ readonly store: Store; close(): Promise<unknown> }>
}

export type SharedEngine = 'redis' | 'postgres' | 'mariadb' | 'sqlite'

/** Stores that several processes share, by the address of their server; only what is asked for is loaded. */
export const ENGINES: Readonly<Record<SharedEngine, Shared>> = {
  redis: {
    async open(url) {
      const { redisStore } = await import('../../src/stores/redis.ts')
      const client = await (await import('redis')).createClient({ url }).connect()
      return { store: redisStore(client), close: () => client.close() }
    },
  },
  postgres: {
    async open(url) {
      const { postgresStore } = await import('../../src/stores/postgres.ts')
      const client = new (await import('pg')).Pool({ connectionString: url })
      return { store: postgresStore(client), close: () => client.end() }
    },
  },
  mariadb: {
    async open(url) {
      const { mysqlStore } = await import('../../src/stores/mysql.ts')
      const client = (await import('mysql2/promise')).createPool(url)
      return { store: mysqlStore(client), close: () => client.end() }
    },
  },
  sqlite: {
    async open(path) {
      const { sqliteStore } = await import('../../src/stores/sqlite.ts')
      const store = sqliteStore({ path })
      return { store, close: () => store.close() }
    },
  },
}
