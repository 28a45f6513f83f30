import { createPool } from 'mysql2/promise'
import { startMariadb } from '../../../../scripts/engine-servers.ts'
import { type MysqlClient, mysqlStore } from '../../src/stores/mysql.ts'
import { freshName, type Reachable, startOrTake } from '../helpers/engines.ts'
import { type Connected, over } from '../helpers/over.ts'
import type { TriedStore } from './tried.ts'

export function connect(url: string): Connected<MysqlClient> {
  const client = createPool(url)
  return { client, close: () => client.end() }
}

/** A database of our own on the server, which goes when it is stopped. Its character set is not the one that sessions need. */
export async function startDatabase(): Promise<Reachable> {
  const server = await startOrTake('mariadb', startMariadb)
  const database = freshName()
  const command = async (sql: string): Promise<void> => {
    const pool = createPool(server.url)
    await pool.query(sql)
    await pool.end()
  }
  await command(`CREATE DATABASE ${database} CHARACTER SET latin1`)
  return {
    url: Object.assign(new URL(server.url), { pathname: database }).href,
    async stop() {
      await command(`DROP DATABASE ${database}`)
      await server.stop()
    },
  }
}

export const TRIED: readonly TriedStore[] = [
  over({
    name: 'mysql, over mysql2',
    engine: 'mariadb',
    start: startDatabase,
    connect,
    store: (client, table) => mysqlStore(client, { table }),
  }),
]
