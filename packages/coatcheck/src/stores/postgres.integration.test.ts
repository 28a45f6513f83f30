import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { counted } from '../../test/helpers/counted.ts'
import { records } from '../../test/helpers/depth.ts'
import { freshName, whileTested } from '../../test/helpers/engines.ts'
import type { Connected } from '../../test/helpers/over.ts'
import { CLIENTS as PLAIN, startDatabase } from '../../test/stores/postgres.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type PostgresClient, postgresSchema, postgresStore } from './postgres.ts'
import type { SessionRecord } from './store.ts'

const EVERYTHING = ['touch', 'listByOwner', 'list', 'prune', 'readMany', 'watch', 'migrate'] as const
const url = whileTested(startDatabase)

const pool =
  (options: object) =>
  (connectionString: string): Connected<PostgresClient> => {
    const client = new Pool({ connectionString, ...options })
    return { client, close: () => client.end() }
  }

const CLIENTS: Readonly<Record<string, (url: string) => Connected<PostgresClient>>> = {
  ...PLAIN,
  'pg, where every transaction is serializable': pool({ options: '-c default_transaction_isolation=serializable' }),
  'pg, where every transaction reads repeatably': pool({ options: '-c default_transaction_isolation=repeatable\\ read' }),
  'postgres with other names for columns and BigInt'(address) {
    const client = postgres(address, { onnotice: () => {}, transform: postgres.pascal, types: { bigint: postgres.BigInt } })
    return { client, close: () => client.end() }
  },
}

describe.each(Object.entries(CLIENTS))('postgresStore, over %s', (_, connect) => {
  let one: Connected<PostgresClient>
  let other: Connected<PostgresClient>
  beforeAll(() => {
    one = connect(url())
    other = connect(url())
  })
  afterAll(() => Promise.all([one.close(), other.close()]))

  storeSuite({
    it,
    records,
    async open() {
      const options = { table: freshName() }
      const store = postgresStore(one.client, options)
      await store.migrate()
      return { store, reopen: () => postgresStore(other.client, options) }
    },
    expect: EVERYTHING,
  })
})

describe('postgresStore, over PGlite', () => {
  let client: PGlite
  beforeAll(async () => {
    client = await PGlite.create()
  })
  afterAll(() => client.close())

  storeSuite({
    it,
    records,
    async open() {
      const options = { table: freshName() }
      const store = postgresStore(client, options)
      await store.migrate()
      return { store, reopen: () => postgresStore(client, options) }
    },
    expect: EVERYTHING,
  })
})

const now = Date.now()
const record = (changes: Partial<SessionRecord> = {}): SessionRecord => ({
  data: 'cart',
  createdAt: now,
  endsAt: now + 20_000,
  expiresAt: now + 10_000,
  ...changes,
})

describe('postgresStore', () => {
  let db: Pool
  beforeAll(() => {
    db = new Pool({ connectionString: url() })
  })
  afterAll(() => db.end())
  const columns = async (table: string): Promise<unknown[]> =>
    (
      await db.query(
        `SELECT column_name, data_type, is_nullable, collation_name FROM information_schema.columns
        WHERE table_schema || '.' || table_name = $1 ORDER BY ordinal_position`,
        [table],
      )
    ).rows

  it('asks PostgreSQL once for each thing', async () => {
    const { client, trips } = counted(db, 'query', 'connect')
    const store = postgresStore(client, { table: freshName() })
    await store.migrate()
    trips()
    const version = (await store.create('key', record({ owner: 'ada' }))) ?? ''
    expect(trips()).toBe(1)
    await store.read('key')
    expect(trips()).toBe(1)
    const next = (await store.update('key', record(), version)) ?? ''
    expect(trips()).toBe(1)
    await store.touch('key', now + 15_000, next)
    expect(trips()).toBe(1)
    await store.listByOwner('ada')
    expect(trips()).toBe(1)
    await store.list(undefined, 10)
    expect(trips()).toBe(1)
    await store.delete('key', next)
    expect(trips()).toBe(1)
    await store.prune(now, 1000)
    expect(trips()).toBe(1)
  })

  it('makes the table that the printed SQL makes, also in another schema', async () => {
    const [made, printed, schema] = [freshName(), freshName(), freshName()]
    await db.query(`CREATE SCHEMA ${schema}`)
    for (const place of ['', `${schema}.`]) {
      await postgresStore(db, { table: place + made }).migrate()
      await db.query(postgresSchema(place + printed))
      await postgresStore(db, { table: place + printed }).migrate()
      const where = place || 'public.'
      expect(await columns(where + made)).toHaveLength(7)
      expect(await columns(where + made)).toEqual(await columns(where + printed))
      const store = postgresStore(db, { table: place + made })
      await store.create('key', record())
      expect((await store.list(undefined, 10)).keys).toEqual(['key'])
    }
    expect(postgresSchema()).toContain('CREATE TABLE "coatcheck_sessions" (')
  })

  it('makes its table once when many servers start together', async () => {
    const table = freshName()
    await Promise.all(Array.from({ length: 10 }, () => postgresStore(db, { table }).migrate()))
    expect((await db.query(`SELECT version FROM ${table}_schema`)).rows).toEqual([{ version: 1 }])
  })

  it('leaves tables of a newer version alone', async () => {
    const table = freshName()
    const store = postgresStore(db, { table })
    await store.migrate()
    await db.query(`UPDATE ${table}_schema SET version = 2`)
    await expect(store.migrate()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining(`the table "${table}" has version 2`),
    })
  })

  it('finds an owner’s sessions and the expired ones without going through the table', async () => {
    const table = freshName()
    const store = postgresStore(db, { table })
    await store.migrate()
    await db.query(
      `INSERT INTO ${table} SELECT 'key-' || n, 'v', 'cart', 'owner-' || n % 1000, 1, n, n FROM generate_series(1, 20000) AS n`,
    )
    await db.query(`ANALYZE ${table}`)
    const queries: [string, unknown[]][] = []
    const seen = counted(db).client
    const spy = postgresStore(
      { query: (text, values) => seen.query(text, values).finally(() => queries.push([text, values ?? []])) },
      { table },
    )
    expect(await spy.listByOwner('owner-7')).toHaveLength(20)
    expect(await spy.prune(50, 1000)).toBe(50)
    await spy.read('key-700')
    await spy.list('key-5', 100)
    for (const [text, values] of queries) {
      const plan = (await db.query(`EXPLAIN ${text}`, values)).rows.map((row) => Object.values(row)[0]).join('\n')
      expect(plan).not.toContain('Seq Scan')
    }
    expect(queries.length).toBeGreaterThanOrEqual(4)
  })

  it('takes no table that SQL would read as more than a name', () => {
    for (const table of ['', 'a b', 'a"b', "a'b", 'a;b', 'a.b.c', '.a', 'a.', '1st', 'ä', 'x'.repeat(49), 'a\0', 7]) {
      expect(() => postgresStore(db, { table } as object)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
      expect(() => postgresSchema(table as string)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    }
  })

  it('keeps to the table it was given, whatever SQL means by that word', async () => {
    for (const table of ['select', 'Users', 'order']) {
      const store = postgresStore(db, { table })
      await store.migrate()
      await store.create('key', record())
      expect((await store.list(undefined, 10)).keys).toEqual(['key'])
      await db.query(`DROP TABLE "${table}", "${table}_schema"`)
    }
  })

  it('takes no single connection, which may be in a transaction of the application’s', async () => {
    const client = await db.connect()
    const sql = postgres(url(), { onnotice: () => {} })
    const reserved = await sql.reserve()
    const lite = await PGlite.create()
    for (const one of [client, reserved, undefined, null, {}, url()]) {
      expect(() => postgresStore(one as unknown as PostgresClient)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    }
    await sql.begin(async (transaction) => {
      expect(() => postgresStore(transaction)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    })
    await lite.transaction(async (transaction) => {
      expect(() => postgresStore(transaction as unknown as PostgresClient)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTIONS' }),
      )
    })
    reserved.release()
    client.release()
    await Promise.all([sql.end(), lite.close()])
  })
})
