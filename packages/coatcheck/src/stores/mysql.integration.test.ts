import { createPool as createCallbackPool } from 'mysql2'
import { createPool, type Pool } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { counted } from '../../test/helpers/counted.ts'
import { bounded, records } from '../../test/helpers/depth.ts'
import { freshName, whileTested } from '../../test/helpers/engines.ts'
import type { Connected } from '../../test/helpers/over.ts'
import { connect, startDatabase } from '../../test/stores/mysql.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type MysqlClient, mysqlSchema, mysqlStore } from './mysql.ts'
import type { SessionRecord } from './store.ts'

const EVERYTHING = ['touch', 'listByOwner', 'list', 'prune', 'readMany', 'migrate'] as const
const url = whileTested(startDatabase)

type Connect = (uri: string) => Connected<MysqlClient>

const pool =
  (options: object): Connect =>
  (uri) => {
    const client = createPool({ uri, ...options })
    return { client, close: () => client.end() }
  }

/** Settings of the server that a connection begins with. */
const poolWith =
  (sql: string): Connect =>
  (uri) => {
    const client = createPool({ uri })
    client.on('connection', (connection) => void connection.query(sql))
    return { client, close: () => client.end() }
  }

const CLIENTS: Readonly<Record<string, Connect>> = {
  'mysql2/promise': connect,
  mysql2(uri) {
    const client = createCallbackPool(uri)
    return { client, close: () => client.promise().end() }
  },
  'a pool that counts changed rows, not those it found': pool({ flags: ['-FOUND_ROWS'] }),
  'a pool whose numbers are texts': pool({ supportBigNumbers: true, bigNumberStrings: true }),
  'a pool whose rows are lists': pool({ rowsAsArray: true }),
  'a pool with named placeholders and tables before the columns': pool({ namedPlaceholders: true, nestTables: '.' }),
  'a pool in another character set': pool({ charset: 'latin1' }),
  'a pool in a character set of several bytes': pool({ charset: 'gbk' }),
  'a server that quotes as in ANSI SQL and knows no backslash': poolWith("SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'"),
  'a server that takes what does not fit': poolWith("SET sql_mode = ''"),
  'a server where every transaction is serializable': poolWith('SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE'),
}

describe.each(Object.entries(CLIENTS))('mysqlStore, over %s', (over, open) => {
  let one: Connected<MysqlClient>
  let other: Connected<MysqlClient>
  beforeAll(() => {
    one = open(url())
    other = open(url())
  })
  afterAll(() => Promise.all([one.close(), other.close()]))

  it('says what the server is', async () => {
    expect(await mysqlStore(one.client).about?.()).toMatchObject({
      server: expect.stringMatching(/^(?:MariaDB|MySQL) \d+\.\d+/),
      isolation: over.includes('serializable') ? 'serializable' : 'repeatable read',
      time: expect.closeTo(Date.now(), -7),
    })
  })

  storeSuite({
    it,
    records,
    async open() {
      const options = { table: freshName() }
      const store = mysqlStore(one.client, options)
      await store.migrate()
      return { store, reopen: () => mysqlStore(other.client, options) }
    },
    // The others are for what a client makes of texts, numbers and rows.
    ...(over !== 'mysql2/promise' && { records: bounded(1_000, 200) }),
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

describe('mysqlStore', () => {
  let db: Pool
  beforeAll(() => {
    db = createPool(url())
  })
  afterAll(() => db.end())
  const rows = async (sql: string): Promise<Record<string, unknown>[]> => (await db.query(sql))[0] as Record<string, unknown>[]

  it('asks the server once for each thing, and a prune that finds something twice', async () => {
    const { client, trips } = counted(db, 'execute', 'query', 'getConnection')
    const store = mysqlStore(client, { table: freshName() })
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
    await store.create('over', record({ expiresAt: now }))
    trips()
    expect(await store.prune(now, 1000)).toBe(1)
    expect(trips()).toBe(2)
  })

  it('makes the table that the printed SQL makes', async () => {
    const [made, printed] = [freshName(), freshName()]
    await mysqlStore(db, { table: made }).migrate()
    const many = createPool({ uri: url(), multipleStatements: true })
    await many.query(mysqlSchema(printed))
    await many.end()
    await mysqlStore(db, { table: printed }).migrate()
    for (const end of ['', '_schema']) {
      const [one] = await rows(`SHOW CREATE TABLE ${made}${end}`)
      const [other] = await rows(`SHOW CREATE TABLE ${printed}${end}`)
      expect(String(one?.['Create Table'])).toContain('ENGINE=InnoDB')
      expect(String(one?.['Create Table']).replaceAll(made, printed)).toBe(other?.['Create Table'])
    }
    expect(mysqlSchema()).toContain('CREATE TABLE IF NOT EXISTS `coatcheck_sessions` (')
  })

  it('makes its table once when many servers start together', async () => {
    const table = freshName()
    await Promise.all(Array.from({ length: 10 }, () => mysqlStore(db, { table }).migrate()))
    expect(await rows(`SELECT version FROM ${table}_schema`)).toEqual([{ version: 1 }])
  })

  it('leaves tables of a newer version alone', async () => {
    const table = freshName()
    const store = mysqlStore(db, { table })
    await store.migrate()
    await db.query(`UPDATE ${table}_schema SET version = 2`)
    await expect(store.migrate()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining(`the table "${table}" has version 2`),
    })
  })

  it('finds an owner’s sessions and the expired ones without going through the table', async () => {
    const table = freshName()
    await mysqlStore(db, { table }).migrate()
    await db.query(
      `INSERT INTO ${table} SELECT concat('key-', seq), 'v', 'cart', concat('owner-', seq % 1000), 1, seq, seq FROM seq_1_to_20000`,
    )
    await db.query(`ANALYZE TABLE ${table}`)
    const queries: [string, unknown[]][] = []
    const spied = {
      execute: (sql: string, values: string[]) => {
        queries.push([sql, values])
        return db.execute(sql, values)
      },
      query: (sql: string) => db.query(sql),
      getConnection: () => db.getConnection(),
    }
    const store = mysqlStore(spied as unknown as MysqlClient, { table })
    expect(await store.listByOwner('owner-7')).toHaveLength(20)
    expect(await store.prune(50, 1000)).toBe(50)
    await store.read('key-700')
    await store.list('key-5', 100)
    expect(queries).toHaveLength(5)
    for (const [sql, values] of queries) {
      const [plan] = (await db.execute(`EXPLAIN ${sql}`, values as string[]))[0] as { type: string; rows: number | string }[]
      expect(plan?.type).not.toBe('ALL')
    }
  })

  it('takes no table that SQL would read as more than a name', () => {
    for (const table of ['', 'a b', 'a`b', "a'b", 'a;b', 'a.b', '1st', 'ä', 'x'.repeat(49), 'a\0', 7]) {
      expect(() => mysqlStore(db, { table } as object)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
      expect(() => mysqlSchema(table as string)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    }
  })

  it('keeps to the table it was given, whatever SQL means by that word', async () => {
    const store = mysqlStore(db, { table: 'select' })
    await store.migrate()
    await store.create('key', record())
    expect((await store.list(undefined, 10)).keys).toEqual(['key'])
    await db.query('DROP TABLE `select`, select_schema')
  })

  it('takes no single connection, which may be in a transaction of the application’s', async () => {
    const connection = await db.getConnection()
    for (const one of [connection, undefined, null, {}, url()]) {
      expect(() => mysqlStore(one as unknown as MysqlClient)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    }
    connection.release()
  })

  it('says when writes of the last second are lost in a crash of the machine', async () => {
    const before = (await rows('SELECT @@GLOBAL.innodb_flush_log_at_trx_commit AS kept'))[0]?.kept
    try {
      await db.query('SET GLOBAL innodb_flush_log_at_trx_commit = 1')
      expect((await mysqlStore(db).about?.())?.loses).toBeUndefined()
      await db.query('SET GLOBAL innodb_flush_log_at_trx_commit = 2')
      expect((await mysqlStore(db).about?.())?.loses).toContain('innodb_flush_log_at_trx_commit')
    } finally {
      await db.query(`SET GLOBAL innodb_flush_log_at_trx_commit = ${before}`)
    }
  })
})
