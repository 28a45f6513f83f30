import { drizzle as drizzleMysql } from 'drizzle-orm/mysql2'
import knex from 'knex'
import { createPool } from 'mysql2'
import { createPool as createPromisePool } from 'mysql2/promise'
import { describe } from 'vitest'
import { whileTested } from '../../test/helpers/engines.ts'
import { type OpenClient, triedOver, usedBesides } from '../../test/helpers/sql-clients.ts'
import { startDatabase } from '../../test/stores/mysql.ts'
import { mysqlStore } from './mysql.ts'

const url = whileTested(startDatabase)

const CLIENTS: Readonly<Record<string, OpenClient>> = {
  'Knex over mysql2'(url) {
    const db = knex({ client: 'mysql2', connection: url, pool: { min: 0, max: 10 } })
    return {
      store: (table) => mysqlStore(db, { table }),
      inTransaction: (table) => db.transaction(async (trx) => mysqlStore(trx, { table })),
      close: () => db.destroy(),
    }
  },
  'Drizzle over mysql2'(url) {
    const pool = createPool(url)
    const db = drizzleMysql({ client: pool })
    return {
      store: (table) => mysqlStore(db, { table }),
      inTransaction: (table) => db.transaction(async (tx) => mysqlStore(tx as never, { table })),
      close: () => pool.promise().end(),
    }
  },
  'Drizzle over mysql2/promise'(url) {
    const pool = createPromisePool(url)
    const db = drizzleMysql({ client: pool })
    return {
      store: (table) => mysqlStore(db, { table }),
      inTransaction: (table) => db.transaction(async (tx) => mysqlStore(tx as never, { table })),
      close: () => pool.end(),
    }
  },
}

describe.each(Object.entries(CLIENTS))('mysqlStore over %s', (name, open) => {
  // Drizzle gives the store the pool behind it, which has a suite of its own; Knex lends connections.
  if (name.startsWith('Knex')) triedOver(url, open)
  usedBesides(url, open)
})
