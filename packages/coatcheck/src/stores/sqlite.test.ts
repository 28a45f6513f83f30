import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { records } from '../../test/helpers/depth.ts'
import { SessionError } from '../errors.ts'
import { storeSuite } from '../testing/store-suite.ts'
import { configure } from './sqlite/database.ts'
import { type SqliteDatabase, type SqliteStore, type SqliteStoreOptions, sqliteStore } from './sqlite.ts'
import type { SessionRecord } from './store.ts'

const NOW = 4_000_000_000_000

const record = (data: string, changes: Partial<SessionRecord> = {}): SessionRecord => ({
  data,
  owner: 'ada',
  createdAt: NOW,
  endsAt: NOW + 20_000,
  expiresAt: NOW + 10_000,
  ...changes,
})

let directory: string
let path: string
const stores: SqliteStore[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'coatcheck-'))
  path = join(directory, 'sessions.sqlite')
})
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
  await rm(directory, { recursive: true, force: true })
})

function open(options: SqliteStoreOptions = { path }): SqliteStore {
  const store = sqliteStore(options)
  stores.push(store)
  return store
}

const refusal = async (work: Promise<unknown>): Promise<SessionError> => {
  const error: unknown = await work.then(
    (value) => `gave ${JSON.stringify(value)}`,
    (reason: unknown) => reason,
  )
  if (error instanceof SessionError) return error
  throw new Error(`Expected a SessionError, got ${error}.`)
}

/** Lets everything else have its turn until `done`: if something stopped the process meanwhile, this would never end. */
async function turnsUntil(done: (turns: number) => boolean): Promise<number> {
  for (let turns = 0; ; turns++) {
    if (done(turns)) return turns
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const EVERYTHING = ['touch', 'list', 'listByOwner', 'prune', 'readMany', 'migrate', 'close'] as const

describe('sqliteStore, with a path', () => {
  // The suite for stores, on a file: `processes.slow.test.ts`.

  it('finds everything again after a restart', async () => {
    const store = open()
    const version = await store.create('key', record('cart'))
    await store.close()
    expect(await readdir(directory)).toEqual(['sessions.sqlite'])
    expect(await open().read('key')).toEqual({ record: record('cart'), version })
  })

  it('lets nobody else on the machine read the file or its companions', async () => {
    await open().create('key', record('secret'))
    const names = await readdir(directory)
    expect(names).toEqual(['sessions.sqlite', 'sessions.sqlite-shm', 'sessions.sqlite-wal'])
    for (const name of names) expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600)
  })

  it('does nothing before the first call', async () => {
    const store = open()
    expect(await readdir(directory)).toEqual([])
    await store.migrate()
    expect(await readdir(directory)).toContain('sessions.sqlite')
  })

  it('waits for the disk at every commit only when asked to', () => {
    const database = new DatabaseSync(path)
    const setting = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]
    configure(database, 'normal')
    expect([setting('synchronous'), setting('journal_mode'), setting('busy_timeout')]).toEqual([1, 'wal', 0])
    configure(database, 'full')
    expect(setting('synchronous')).toBe(2)
    database.close()
  })

  it('keeps sessions in memory, when that is the path', async () => {
    const store = open({ path: ':memory:' })
    const version = await store.create('key', record('cart'))
    expect(await store.read('key')).toEqual({ record: record('cart'), version })
    expect(await readdir(directory)).toEqual([])
  })

  it('rejects calls after close, which may come twice', async () => {
    const store = open()
    await store.create('key', record('cart'))
    await store.close()
    await store.close()
    expect((await refusal(store.read('key'))).message).toContain('has been closed')
    const never = open()
    await never.close()
    expect((await refusal(never.read('key'))).code).toBe('STORE_FAILED')
  })

  it('has nothing left open when it is closed in the middle of its first call', async () => {
    const store = open()
    const first = store.create('key', record('cart'))
    await store.close()
    await first.catch(() => {})
    expect(await readdir(directory)).toEqual(['sessions.sqlite'])
  })
})

describe('sqliteStore, with a database of the application', () => {
  storeSuite({
    it,
    records,
    open() {
      const database: SqliteDatabase = new DatabaseSync(':memory:')
      return { store: sqliteStore({ database }), reopen: () => sqliteStore({ database }), close: () => void database.close() }
    },
    expect: EVERYTHING,
  })

  it('leaves its settings, its version and its other tables alone, and leaves it open', async () => {
    const database = new DatabaseSync(path, { timeout: 1234 })
    database.exec('PRAGMA user_version = 7; CREATE TABLE sessions (mine TEXT)')
    const store = open({ database, table: 'carts' })
    await store.create('key', record('cart'))
    await store.close()
    const get = (sql: string) => Object.values(database.prepare(sql).get() ?? {})
    expect(get('PRAGMA user_version')).toEqual([7])
    expect(get('PRAGMA busy_timeout')).toEqual([1234])
    expect(get('PRAGMA journal_mode')).toEqual(['delete'])
    expect(get('SELECT key FROM carts')).toEqual(['key'])
    expect(get('SELECT count(*) FROM sessions')).toEqual([0])
    database.close()
  })

  it('reads numbers also where the application has them as BigInt', async () => {
    const database = new DatabaseSync(path, { readBigInts: true })
    const store = open({ database })
    const version = (await store.create('key', record('cart'))) ?? ''
    expect(await store.read('key')).toEqual({ record: record('cart'), version })
    expect(await store.delete('key', version)).toBe(true)
    database.close()
  })

  it('is no part of the application’s transaction: what it acknowledged is not rolled back', async () => {
    const database = new DatabaseSync(path)
    const store = open({ database })
    await store.migrate()
    database.exec('BEGIN; CREATE TABLE orders (id INTEGER)')
    let version: string | undefined
    const created = store.create('key', record('cart')).then((made) => {
      version = made
    })
    await turnsUntil((turns) => turns === 100)
    expect(version).toBeUndefined()
    database.exec('ROLLBACK')
    await created
    expect(await store.read('key')).toEqual({ record: record('cart'), version })

    database.exec('BEGIN')
    const error = await refusal(open({ database, busyTimeout: 5 }).read('key'))
    expect(error.message).toContain('locked by a transaction on the same connection for 5 ms')
    database.exec('COMMIT')
    database.close()
  })

  it('says so when the application has closed it', async () => {
    const database = new DatabaseSync(path)
    const store = open({ database })
    await store.migrate()
    database.close()
    expect(await refusal(store.read('key'))).toMatchObject({ code: 'STORE_FAILED', cause: expect.any(Error) })
  })
})

describe('sqliteStore, while another connection holds the file locked', () => {
  it('waits without stopping the process, and goes on when the lock is gone', async () => {
    const store = open()
    const version = (await store.create('key', record('before'))) ?? ''
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    let next: string | undefined
    const update = store.update('key', record('after'), version).then((made) => {
      next = made
    })
    await turnsUntil((turns) => turns === 100)
    expect(next).toBeUndefined()
    // Readers are not held up.
    expect((await store.read('key'))?.record.data).toBe('before')
    other.exec('COMMIT')
    await update
    expect(await store.read('key')).toEqual({ record: record('after'), version: next })
    other.close()
  })

  it('gives up in time, says why, and has changed nothing', async () => {
    const store = open({ path, busyTimeout: 20 })
    const version = (await store.create('key', record('before'))) ?? ''
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const calls = [
      () => store.update('key', record('after'), version),
      () => store.create('other', record('x')),
      () => store.delete('key', version),
    ]
    for (const call of calls) {
      const error = await refusal(call())
      expect(error).toMatchObject({ code: 'STORE_FAILED', cause: { errcode: 5 } })
      expect(error.message).toContain(`"${path}" was locked by another connection for 20 ms`)
    }
    other.exec('COMMIT')
    expect(await store.read('key')).toEqual({ record: record('before'), version })
    expect(await store.delete('key', version)).toBe(true)
    other.close()
  })

  it('waits for it also at its first call, when it still has to make its tables', async () => {
    const other = new DatabaseSync(path)
    other.exec('BEGIN EXCLUSIVE; CREATE TABLE mine (id INTEGER)')
    const store = open()
    let version: string | undefined
    const created = store.create('key', record('cart')).then((made) => {
      version = made
    })
    await turnsUntil((turns) => turns === 100)
    other.exec('COMMIT')
    await created
    expect(await store.read('key')).toEqual({ record: record('cart'), version })
    other.close()
  })
})

describe('sqliteStore, given what it cannot use', () => {
  it('throws at once for options that contradict themselves', () => {
    const database = new DatabaseSync(':memory:')
    const bad: unknown[] = [
      undefined,
      {},
      { path, database },
      { path: '' },
      { path: 7 },
      { path: 'file:sessions.sqlite' },
      { path: 'a\0b' },
      { database: {} },
      { database, durability: 'full' },
      { path, durability: 'fast' },
      ...['', '1st', 'a b', 'a"b', 'a;b', 'sqlite_', 'SQLite_x', 'x'.repeat(49), 7].map((table) => ({ path, table })),
      ...[-1, Number.NaN, Number.POSITIVE_INFINITY, '5'].map((busyTimeout) => ({ path, busyTimeout })),
    ]
    for (const options of bad) {
      expect(() => sqliteStore(options as SqliteStoreOptions), JSON.stringify(options)).toThrow(
        expect.objectContaining({ code: 'BAD_OPTIONS', message: expect.stringContaining('sqliteStore: ') }),
      )
    }
    database.close()
  })

  it('says what is in the way: another file, a directory, no directory', async () => {
    await writeFile(path, 'Dear diary, this is no database.\n'.repeat(100))
    expect((await refusal(open().read('key'))).message).toBe(
      `The SQLite database "${path}" could not be used (NOTADB). This file is something else. Choose another path.`,
    )
    expect((await refusal(open({ path: directory }).read('key'))).fix).toBe('This is a directory. Give the path of a file in it.')
    expect((await refusal(open({ path: join(path, 'x') }).read('key'))).fix).toBe(
      'A part of this path is a file. Choose another path.',
    )
    const missing = join(directory, 'no', 'sessions.sqlite')
    expect((await refusal(open({ path: missing }).read('key'))).fix).toContain('Make the directory')
  })

  it('works as soon as the cause is gone, without a restart', async () => {
    const store = open({ path: join(directory, 'later', 'sessions.sqlite') })
    expect((await refusal(store.migrate())).code).toBe('STORE_FAILED')
    await mkdir(join(directory, 'later'))
    expect(await store.create('key', record('cart'))).toBeDefined()
  })

  it('says so when it has no right to write the file', async () => {
    await open().migrate()
    await stores.pop()?.close()
    await chmod(path, 0o400)
    await chmod(directory, 0o555)
    // The superuser has every right, and so tries as somebody who has not.
    const superuser = process.geteuid?.() === 0
    if (superuser) process.seteuid?.(65_534)
    try {
      const error = await refusal(open().read('key'))
      expect(error).toMatchObject({ code: 'STORE_FAILED', cause: { code: 'EACCES' } })
      expect(error.message).toContain(path)
      expect(error.fix).toContain('the right to write this file')
    } finally {
      if (superuser) process.seteuid?.(0)
      await chmod(directory, 0o700)
    }
  })

  it('leaves tables of a newer version alone', async () => {
    const store = open()
    await store.create('key', record('cart'))
    await store.close()
    const database = new DatabaseSync(path)
    database.exec('UPDATE coatcheck_sessions_schema SET version = 2')
    const error = await refusal(open().read('key'))
    expect(error.message).toContain('The table "coatcheck_sessions" has version 2; this version of the library knows version 1.')
    expect(database.prepare('SELECT count(*) AS n FROM coatcheck_sessions').get()).toMatchObject({ n: 1 })
    database.close()
  })

  it('makes all of its tables or none', async () => {
    const database = new DatabaseSync(path)
    database.exec('CREATE TABLE carts (mine TEXT)')
    expect((await refusal(open({ path, table: 'carts' }).migrate())).code).toBe('STORE_FAILED')
    expect(database.prepare('SELECT name FROM sqlite_master').all()).toEqual([expect.objectContaining({ name: 'carts' })])
    expect(await open({ path, table: 'mine' }).create('key', record('cart'))).toBeDefined()
    database.close()
  })

  it('says what to do where there is no SQLite', async () => {
    const missing = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
    try {
      const error = await refusal(open().read('key'))
      expect(error.message).toContain('this runtime has no SQLite of its own')
      expect(error.fix).toContain('Node 22.13')
    } finally {
      missing.mockRestore()
    }
  })

  it('knows a lock whichever way it is reported', async () => {
    for (const reason of [
      { errno: 517, code: 'SQLITE_BUSY_SNAPSHOT' },
      { code: 'SQLITE_BUSY' },
      { code: 'SQLITE_LOCKED_SHAREDCACHE' },
    ]) {
      const database = new DatabaseSync(':memory:')
      let failures = 3
      const busyAtFirst: SqliteDatabase = {
        exec: (sql) => database.exec(sql),
        close: () => database.close(),
        prepare(sql) {
          if (failures-- > 0) throw Object.assign(new Error('database is locked'), reason)
          return database.prepare(sql)
        },
      }
      expect(await open({ database: busyAtFirst }).create('key', record('cart'))).toBeDefined()
      database.close()
    }
  })
})

describe('sqliteStore, pruning', () => {
  it('lets everything else go on while it removes very many', async () => {
    const store = open()
    for (let n = 0; n < 450; n++) await store.create(`key-${n}`, record('cart'))
    let count: number | undefined
    const pruned = store.prune(NOW + 10_000, 1000).then((removed) => {
      count = removed
    })
    const left: number[] = []
    await turnsUntil(() => {
      void store.list(undefined, 1000).then(({ keys }) => left.push(keys.length))
      return count !== undefined
    })
    await pruned
    expect(count).toBe(450)
    expect(new Set(left).size).toBeGreaterThan(3)
    expect(await store.list(undefined, 10)).toEqual({ keys: [] })
  })
})
