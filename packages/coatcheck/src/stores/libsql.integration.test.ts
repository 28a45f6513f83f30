import { join } from 'node:path'
import { type Client, createClient, type InStatement } from '@libsql/client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeFolder, removeFolder } from '../../../../scripts/engine-process.ts'
import { counted } from '../../test/helpers/counted.ts'
import { records } from '../../test/helpers/depth.ts'
import { freshName } from '../../test/helpers/engines.ts'
import { TRIED } from '../../test/stores/libsql.ts'
import type { TriedEngine } from '../../test/stores/tried.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type LibsqlClient, libsqlSchema, libsqlStore } from './libsql.ts'
import { sqliteStore } from './sqlite.ts'
import type { SessionRecord } from './store.ts'

const EVERYTHING = ['touch', 'listByOwner', 'list', 'prune', 'readMany', 'migrate'] as const

describe.each(TRIED.map((tried) => [tried.name, tried] as const))('%s', (_, tried) => {
  let engine: TriedEngine
  beforeAll(async () => {
    engine = await tried.start()
  })
  afterAll(() => engine.stop())

  storeSuite({ it, records, open: (tools) => engine.open(tools), expect: EVERYTHING })
})

const folder = makeFolder('libsql')
const clients: Client[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})
afterAll(() => removeFolder(folder))

const path = (): string => join(folder, `${freshName()}.db`)

function open(url: string, options: object = {}): Client {
  const client = createClient({ url, ...options })
  clients.push(client)
  return client
}

/** What gives a client, and another for the second handle. */
const CLIENTS: Readonly<Record<string, () => () => Client>> = {
  'a file that is not in WAL mode'() {
    const url = `file:${path()}`
    return () => open(url)
  },
  'a client that gives numbers as BigInts'() {
    const client = open(':memory:', { intMode: 'bigint' })
    return () => client
  },
  'a client that gives numbers as text'() {
    const client = open(':memory:', { intMode: 'string' })
    return () => client
  },
}

describe.each(Object.entries(CLIENTS))('libsqlStore, over %s', (_, connect) => {
  storeSuite({
    it,
    async open() {
      const client = connect()
      const store = libsqlStore(client())
      await store.migrate()
      return { store, reopen: () => libsqlStore(client()) }
    },
    expect: EVERYTHING,
    records: 400,
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

describe('libsqlStore', () => {
  it('asks the database once for each thing', async () => {
    const { client, trips } = counted(open(':memory:'), 'execute', 'batch', 'transaction')
    const store = libsqlStore(client)
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

  it('makes the tables that the printed SQL makes, and that sqliteStore makes', async () => {
    const [made, printed, plain] = [path(), path(), path()]
    const one = open(`file:${made}`)
    await libsqlStore(one).migrate()
    const other = open(`file:${printed}`)
    await other.executeMultiple(libsqlSchema())
    await libsqlStore(other).migrate()
    const store = sqliteStore({ path: plain })
    await store.migrate()
    await store.close()
    const third = open(`file:${plain}`)
    const form = async (client: Client): Promise<unknown> => {
      const names = await client.execute(
        "SELECT type, name, tbl_name FROM sqlite_master WHERE name LIKE 'coatcheck%' ORDER BY name",
      )
      const columns = await client.execute('SELECT name, type, "notnull", pk FROM pragma_table_info(\'coatcheck_sessions\')')
      return [names.rows.map((row) => ({ ...row })), columns.rows.map((row) => ({ ...row }))]
    }
    const [tables] = (await form(one)) as [{ name: string }[]]
    expect(tables.map(({ name }) => name)).toEqual([
      'coatcheck_sessions',
      'coatcheck_sessions_by_expiry',
      'coatcheck_sessions_by_owner',
      'coatcheck_sessions_schema',
    ])
    expect(await form(other)).toEqual(await form(one))
    expect(await form(third)).toEqual(await form(one))
  })

  it('goes on with a file that sqliteStore wrote, and the other way round', async () => {
    const file = path()
    const plain = sqliteStore({ path: file })
    const version = await plain.create('key', record({ owner: 'ada' }))
    const store = libsqlStore(open(`file:${file}`))
    await store.migrate()
    expect(await store.read('key')).toEqual({ record: record({ owner: 'ada' }), version })
    const next = await store.update('key', record({ data: 'fuller cart' }), version ?? '')
    expect(await plain.read('key')).toEqual({ record: record({ data: 'fuller cart', owner: 'ada' }), version: next })
    await plain.close()
  })

  it('makes its tables once when many servers start together', async () => {
    const url = `file:${path()}`
    await Promise.all(Array.from({ length: 10 }, () => libsqlStore(open(url)).migrate()))
    const { rows } = await open(url).execute('SELECT version FROM coatcheck_sessions_schema')
    expect(rows.map(({ version }) => version)).toEqual([1])
  })

  it('leaves tables of a newer version alone', async () => {
    const client = open(':memory:')
    const store = libsqlStore(client)
    await store.migrate()
    await client.execute('UPDATE coatcheck_sessions_schema SET version = 2')
    await expect(store.migrate()).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('the table "coatcheck_sessions" has version 2'),
    })
  })

  it('says what to do when there are no tables', async () => {
    await expect(libsqlStore(open(':memory:')).read('key')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('(SQLITE_ERROR)'),
      fix: expect.stringContaining('migrate()'),
    })
  })

  it('finds an owner’s sessions and the expired ones without going through the table', async () => {
    const client = open(':memory:')
    const asked: { sql: string; args: string[] }[] = []
    const spied = new Proxy(client, {
      get(target, name) {
        if (name !== 'execute') return Reflect.get(target, name).bind(target)
        return (statement: { sql: string; args: string[] }) => {
          asked.push(statement)
          return target.execute(statement as InStatement)
        }
      },
    })
    const store = libsqlStore(spied)
    await store.migrate()
    asked.length = 0
    await store.listByOwner('ada')
    await store.prune(50, 1000)
    await store.read('key')
    await store.list('key', 100)
    expect(asked).toHaveLength(4)
    for (const { sql, args } of asked) {
      const { rows } = await client.execute({ sql: `EXPLAIN QUERY PLAN ${sql}`, args })
      const plan = rows.map(({ detail }) => String(detail))
      expect(plan.length).toBeGreaterThan(0)
      for (const step of plan) expect(step).toMatch(/^(SEARCH .* USING .*INDEX|LIST SUBQUERY)/)
    }
  })

  it('takes no table that SQL would read as more than a name, and no wrong options', () => {
    const client = open(':memory:')
    for (const table of ['', 'a b', 'a"b', "a'b", 'a;b', 'a.b', '1st', 'ä', 'x'.repeat(49), 'a\0', 'sqlite_a', 7]) {
      expect(() => libsqlStore(client, { table } as object)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
      expect(() => libsqlSchema(table as string)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    }
    for (const busyTimeout of [-1, Number.NaN, Infinity, '5', null])
      expect(() => libsqlStore(client, { busyTimeout } as object)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
  })

  it('keeps to the table it was given, whatever SQL means by that word', async () => {
    const store = libsqlStore(open(':memory:'), { table: 'select' })
    await store.migrate()
    await store.create('key', record())
    expect((await store.list(undefined, 10)).keys).toEqual(['key'])
  })

  it('takes no transaction, whose rollback would undo what was acknowledged', async () => {
    const transaction = await open(':memory:').transaction('write')
    for (const one of [transaction, undefined, null, {}, 'file:sessions.db'])
      expect(() => libsqlStore(one as unknown as LibsqlClient)).toThrow(expect.objectContaining({ code: 'BAD_OPTIONS' }))
    transaction.close()
  })
})
