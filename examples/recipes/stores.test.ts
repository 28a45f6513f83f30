import { createRequire } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PgPool, postgresStore } from '../../packages/coatcheck/src/stores/postgres.ts'
import { type SqliteDatabase, sqliteStore } from '../../packages/coatcheck/src/stores/sqlite.ts'
import { storeSuite } from '../../packages/coatcheck/src/testing/index.ts'
import { isLeftOut, startOrTake } from '../../packages/coatcheck/test/helpers/engines.ts'
import { removeFolder } from '../../scripts/engine-process.ts'
import { startPostgres } from '../../scripts/engine-servers.ts'
import { folderOf, install, temporaryFolder } from '../harness.ts'

// Packages that an application has beside its store, and that are not among those of this repository.

const require = createRequire(join(folderOf('recipes'), 'package.json'))
beforeAll(() => install('recipes'))

describe('sqliteStore over better-sqlite3', () => {
  const opened = (path: string): SqliteDatabase => {
    const Database: new (path: string, options: object) => SqliteDatabase = require('better-sqlite3')
    const database = new Database(path, { timeout: 0 })
    database.exec('PRAGMA journal_mode = WAL')
    return database
  }

  storeSuite({
    it,
    records: 1000,
    open() {
      const folder = temporaryFolder()
      const path = join(folder, 'sessions.sqlite')
      const databases = [opened(path), opened(path)] as const
      const [store, other] = databases.map((database) => sqliteStore({ database }))
      if (!store || !other) throw new Error('There are two.')
      return {
        store,
        reopen: () => other,
        close() {
          for (const database of databases) database.close()
          removeFolder(folder)
        },
      }
    },
    expect: ['touch', 'listByOwner', 'list', 'prune', 'migrate', 'close'],
  })

  it('waits until a transaction of the application on the same connection is over', async () => {
    const database = opened(':memory:')
    const store = sqliteStore({ database, busyTimeout: 1 })
    await store.migrate()
    database.exec('BEGIN')
    await expect(store.read('a')).rejects.toMatchObject({ code: 'STORE_FAILED', message: expect.stringContaining('transaction') })
    database.exec('COMMIT')
    expect(await store.read('a')).toBe(undefined)
    database.close()
  })
})

interface PrismaAdapter {
  connect(): Promise<{
    queryRaw(query: { sql: string; args: unknown[]; argTypes: unknown[] }): Promise<{ rows: unknown[][] }>
    dispose(): Promise<void>
  }>
}

const besidePrisma = (): void => {
  let server: Awaited<ReturnType<typeof startOrTake>>
  beforeAll(async () => {
    server = await startOrTake('postgres', startPostgres)
  })
  afterAll(() => server.stop())

  it('shares the pool that both were given', async () => {
    const { Pool }: { Pool: new (options: object) => PgPool & { end(): Promise<void>; totalCount: number } } = require('pg')
    const { PrismaPg }: { PrismaPg: new (pool: object) => PrismaAdapter } = require('@prisma/adapter-pg')
    const pool = new Pool({ connectionString: server.url, max: 1 })
    const prisma = await new PrismaPg(pool).connect()
    const store = postgresStore(pool, { table: `t${process.pid}_prisma` })
    await store.migrate()
    const now = Date.now()
    const version = await store.create('a', { data: 'cart', createdAt: now, endsAt: now + 2000, expiresAt: now + 1000 })
    const sql = `SELECT data FROM t${process.pid}_prisma WHERE key = $1`
    expect((await prisma.queryRaw({ sql, args: ['a'], argTypes: [{ scalarType: 'string', arity: 'scalar' }] })).rows).toEqual([
      ['cart'],
    ])
    expect(await store.delete('a', version ?? '')).toBe(true)
    expect(pool.totalCount).toBe(1)
    await prisma.dispose()
    await pool.end()
  })
}
if (!isLeftOut('postgres')) describe('postgresStore beside the adapter of Prisma', besidePrisma)
