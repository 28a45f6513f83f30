import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { records } from '../../test/helpers/depth.ts'
import { freshName } from '../../test/helpers/engines.ts'
import { outlives } from '../../test/helpers/faults.ts'
import { startWorkerd, storeIn, type Workerd } from '../../test/helpers/workerd.ts'
import { TRIED } from '../../test/stores/d1.ts'
import type { TriedEngine } from '../../test/stores/tried.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { type D1Client, d1Schema, d1Store } from './d1.ts'
import type { SessionRecord, Store } from './store.ts'

describe.each(TRIED.map((one) => [one.name, one] as const))('%s in workerd', (_, { start, asked }) => {
  let engine: TriedEngine
  beforeAll(async () => {
    engine = await start()
  })
  afterAll(() => engine.stop())
  storeSuite({
    it,
    records,
    open: (tools) => engine.open(tools),
    expect: ['touch', 'listByOwner', 'list', 'prune', 'readMany', 'migrate'],
    ...asked,
  })
})

describe('d1Store', () => {
  const now = Date.now()
  const record: SessionRecord = { data: 'cart', owner: 'ada', createdAt: now, endsAt: now + 120_000, expiresAt: now + 60_000 }
  let workerd: Workerd
  let run: (sql: string) => Promise<readonly unknown[]>
  beforeAll(async () => {
    workerd = await startWorkerd()
    const database = await workerd.runtime.getD1Database('DB')
    run = async (sql) => (await database.prepare(sql).all()).results
  })
  afterAll(() => workerd.stop())

  let table: string
  let store: Store
  beforeEach(async () => {
    table = freshName()
    store = await storeIn(workerd, { store: 'd1', place: table }, Date.now)
  })
  const objects = (): Promise<readonly unknown[]> =>
    run(`SELECT type, name, tbl_name FROM sqlite_master WHERE tbl_name LIKE '${table}%' ORDER BY name`)

  it('says how to make its table when it is not there', async () => {
    await expect(store.read('key')).rejects.toMatchObject({
      code: 'STORE_FAILED',
      fix: expect.stringMatching(/d1Schema\(\).*migrate\(\)/),
      cause: expect.stringContaining('no such table'),
    })
  })

  it('makes its tables once, and keeps what is in them', async () => {
    await store.migrate?.()
    const version = await store.create('key', record)
    await Promise.all([1, 2, 3].map(() => store.migrate?.()))
    expect(await store.read('key')).toEqual({ record, version })
  })

  it('works on tables that a migration of wrangler made', async () => {
    // As wrangler does: one statement after the other.
    for (const statement of d1Schema(table).split(';\n').filter(Boolean)) await run(statement)
    const made = await objects()
    await store.migrate?.()
    expect(await objects()).toEqual(made)
    expect(made).toHaveLength(5)
    const version = await store.create('key', record)
    expect(await store.read('key')).toEqual({ record, version })
  })

  it('leaves tables alone that a newer version of the library has made', async () => {
    await store.migrate?.()
    await run(`UPDATE ${table}_schema SET version = 2`)
    await expect(store.migrate?.()).rejects.toMatchObject({ code: 'STORE_FAILED', fix: expect.stringContaining('Update') })
  })

  it('finds an owner and what has expired by an index', async () => {
    await store.migrate?.()
    const plan = async (where: string): Promise<string> =>
      JSON.stringify(await run(`EXPLAIN QUERY PLAN SELECT key FROM ${table} WHERE ${where}`))
    expect(await plan("owner = 'ada'")).toContain(`USING COVERING INDEX ${table}_by_owner`)
    expect(await plan('expires_at <= 1 ORDER BY expires_at LIMIT 100')).toContain(`USING INDEX ${table}_by_expiry`)
  })

  it('refuses a session of D1, whose reads may come from a replica', async () => {
    const refused = storeIn(workerd, { store: 'session', place: table }, Date.now)
    await expect(refused).rejects.toMatchObject({ code: 'BAD_OPTIONS', message: expect.stringContaining('replica') })
  })

  it('refuses what is no binding, and what is no plain name', async () => {
    const database = (await workerd.runtime.getD1Database('DB')) as unknown as D1Client
    for (const client of [undefined, {}, { prepare: database.prepare }])
      expect(() => d1Store(client as unknown as D1Client)).toThrow(/env\.DB/)
    for (const name of ['', 'a b', 'a;b', 'a"b', "a'--", 'sqlite_x', '1a', 'ä', 'a'.repeat(49)]) {
      expect(() => d1Store(database, { table: name })).toThrow(/plain name/)
      expect(() => d1Schema(name)).toThrow(/plain name/)
    }
  })

  it('fault: Cloudflare D1 | its table is away for a while | STORE_FAILED, and what makes the table | all that was acknowledged is there', async () => {
    await store.migrate?.()
    await outlives(store, {
      strike: () => run(`ALTER TABLE ${table} RENAME TO ${table}_away`),
      heal: () => run(`ALTER TABLE ${table}_away RENAME TO ${table}`),
      says: /D1 could not be used.*no such table/s,
    })
  })
})
