import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres'
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js'
import knex from 'knex'
import { Pool } from 'pg'
import postgres from 'postgres'
import { describe } from 'vitest'
import { whileTested } from '../../test/helpers/engines.ts'
import { type OpenClient, triedOver, usedBesides } from '../../test/helpers/sql-clients.ts'
import { startDatabase } from '../../test/stores/postgres.ts'
import { postgresStore } from './postgres.ts'

const url = whileTested(startDatabase)

const CLIENTS: Readonly<Record<string, OpenClient>> = {
  'Knex over pg'(url) {
    const db = knex({ client: 'pg', connection: url, pool: { min: 0, max: 10 } })
    return {
      store: (table) => postgresStore(db, { table }),
      inTransaction: (table) => db.transaction(async (trx) => postgresStore(trx, { table })),
      close: () => db.destroy(),
    }
  },
  'Drizzle over pg'(url) {
    const pool = new Pool({ connectionString: url })
    const db = drizzlePg({ client: pool })
    return {
      store: (table) => postgresStore(db, { table }),
      inTransaction: (table) => db.transaction(async (tx) => postgresStore(tx as never, { table })),
      close: () => pool.end(),
    }
  },
  'Drizzle over postgres'(url) {
    const sql = postgres(url, { onnotice: () => {} })
    const db = drizzlePostgres({ client: sql })
    return {
      store: (table) => postgresStore(db, { table }),
      inTransaction: (table) => db.transaction(async (tx) => postgresStore(tx as never, { table })),
      close: () => sql.end(),
    }
  },
}

describe.each(Object.entries(CLIENTS))('postgresStore over %s', (name, open) => {
  // Drizzle gives the store the pool behind it, which has a suite of its own; Knex lends connections.
  if (name.startsWith('Knex')) triedOver(url, open)
  usedBesides(url, open)
})
