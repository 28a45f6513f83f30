import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import postgres from 'postgres'
import { startPostgres } from '../../../../scripts/engine-servers.ts'
import { type PostgresClient, postgresStore } from '../../src/stores/postgres.ts'
import { counted } from '../helpers/counted.ts'
import { freshName, type Reachable, startOrTake } from '../helpers/engines.ts'
import { inside } from '../helpers/inside.ts'
import { type Connected, over } from '../helpers/over.ts'
import type { TriedStore } from './tried.ts'

export const CLIENTS: Readonly<Record<'pg' | 'postgres', (url: string) => Connected<PostgresClient>>> = {
  pg(url) {
    const client = new Pool({ connectionString: url })
    return { client, close: () => client.end() }
  },
  postgres(url) {
    const client = postgres(url, { onnotice: () => {} })
    return { client, close: () => client.end() }
  },
}

/** A database of our own on the server, which goes when it is stopped. */
export async function startDatabase(): Promise<Reachable> {
  const server = await startOrTake('postgres', startPostgres)
  const database = freshName()
  const command = async (sql: string): Promise<void> => {
    const admin = new Pool({ connectionString: server.url })
    await admin.query(sql)
    await admin.end()
  }
  await command(`CREATE DATABASE ${database}`)
  return {
    url: Object.assign(new URL(server.url), { pathname: database }).href,
    async stop() {
      await command(`DROP DATABASE ${database}`)
      await server.stop()
    },
  }
}

const served = (client: keyof typeof CLIENTS): TriedStore =>
  over({
    name: `postgres, over ${client}`,
    engine: 'postgres',
    start: startDatabase,
    connect: CLIENTS[client],
    store: (connected, table) => postgresStore(connected, { table }),
  })

let trips = (): number => 0
let only: Promise<PGlite> | undefined

/** PostgreSQL in this process; it takes seconds to begin, and so is begun once. */
const inProcess = inside(
  'postgres, over PGlite',
  async () => {
    only ??= PGlite.create()
    const { client, trips: calls } = counted(await only, 'query')
    trips = calls
    const table = freshName()
    return { handle: () => postgresStore(client, { table }) }
  },
  () => trips(),
)

export const TRIED: readonly TriedStore[] = [served('pg'), served('postgres'), inProcess]
