import { SessionError } from '../errors.ts'
import { checkedLibsql, type LibsqlClient } from './libsql/client.ts'
import { LIBSQL_SCHEMA, libsqlMigration, libsqlSchema, libsqlTable } from './libsql/schema.ts'
import { checkedOptions } from './shared/options.ts'
import { codeOf, type Row, type SqlStore, type SqlValue, sqlStore } from './shared/sql-store.ts'
import { sqliteStatements } from './shared/sqlite-sql.ts'

export type { LibsqlClient, LibsqlResult } from './libsql/client.ts'
export { libsqlSchema }

export interface LibsqlStoreOptions {
  /** A plain name. Default `coatcheck_sessions`. Beside it there is `<table>_schema`, with the version of its form. */
  readonly table?: string
  /** Milliseconds that a call waits in all for a lock of another connection. The process goes on meanwhile. Default 1500. */
  readonly busyTimeout?: number
}

export type LibsqlStore = SqlStore

/** The engine gives a store two seconds for a call; the store's own error, which says what is wrong, is to come first. */
const DEFAULT_BUSY_TIMEOUT = 1500
const LONGEST_PAUSE = 16

/**
 * Keeps sessions in a libSQL server, Turso or a file of SQLite, through a client of `@libsql/client`, which stays the application's
 * to close. Each call is one statement outside of every transaction.
 *
 * Make the table with `await store.migrate()`, or with the SQL of `libsqlSchema()`. Throws `BAD_OPTIONS` for wrong options; calls
 * reject with `STORE_FAILED` and the client's error.
 */
export function libsqlStore(client: LibsqlClient, options: LibsqlStoreOptions = {}): LibsqlStore {
  const { table = 'coatcheck_sessions', busyTimeout = DEFAULT_BUSY_TIMEOUT } = checkedOptions('libsqlStore', options, [
    'table',
    'busyTimeout',
  ])
  const sql = sqliteStatements(`"${libsqlTable(table)}"`)
  const database = checkedLibsql(client)
  if (typeof busyTimeout !== 'number' || !(busyTimeout >= 0 && busyTimeout < Infinity))
    throw new SessionError('BAD_OPTIONS', 'libsqlStore: `busyTimeout` must be a number of milliseconds, 0 or more.')

  /** Locks are waited for here, in timers: inside the client SQLite would stop the whole process until it gets one. */
  async function patiently<T>(work: () => Promise<T>): Promise<T> {
    let waited = 0
    for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        return await work()
      } catch (error) {
        if (!BUSY.has(codeOf(error)) || waited >= busyTimeout) throw error
      }
      const time = Math.min(Math.ceil(pause * (1 + Math.random())), busyTimeout - waited)
      await new Promise((resolve) => setTimeout(resolve, time))
      waited += time
    }
  }
  const run = (text: string, ...args: SqlValue[]) => patiently(() => database.execute({ sql: text, args }))
  const rows = async (text: string, ...args: SqlValue[]): Promise<readonly Row[]> =>
    (await run(text, ...args)).rows.map((row) => Array.from(row))
  const changed = async (text: string, ...args: SqlValue[]): Promise<number> => (await run(text, ...args)).rowsAffected
  const keys = async (text: string, ...args: SqlValue[]): Promise<string[]> =>
    (await rows(text, ...args)).map(([key]) => String(key))

  return sqlStore({
    title: 'libSQL',
    read: async (key) => (await rows(sql.read, key))[0],
    readMany: (all) => rows(sql.readMany, JSON.stringify(all)),
    create: async (key, version, data, owner, times) => (await changed(sql.create, key, version, data, owner, ...times)) === 1,
    update: async (key, version, next, data, expiresAt) => (await changed(sql.update, next, data, expiresAt, key, version)) === 1,
    delete: async (key, version) => (await changed(sql.delete, key, version)) === 1,
    touch: async (key, version, expiresAt) => (await changed(sql.touch, expiresAt, key, version)) === 1,
    listByOwner: (owner) => keys(sql.listByOwner, owner),
    list: (after, limit) => keys(sql.list, after, limit),
    prune: (before, limit) => changed(sql.prune, before, limit),

    schema: {
      table,
      known: LIBSQL_SCHEMA,
      sql: libsqlSchema(table),
      found: async () => (await rows(`SELECT version FROM "${table}_schema"`))[0],
    },
    isMissing: (error) => /no such table/.test(String(error)),
    migrate: async () => void (await patiently(() => database.batch(libsqlMigration(table), 'write'))),

    // The lock in the way has been waited for already.
    isUndone: () => false,
    fixFor: (error) => FIXES[codeOf(error)] ?? (/no such table/.test(String(error)) ? MAKE : undefined),
  })
}

/** Errors that pass: another connection's lock, and a transaction of the application's where the client has one connection only. */
const BUSY: ReadonlySet<string> = new Set(['SQLITE_BUSY', 'SQLITE_LOCKED', 'SQLITE_PROTOCOL', 'TRANSACTION_ACTIVE'])

const MAKE = 'Make the table: call `await store.migrate()` when the application starts, or run the SQL of `libsqlSchema()`.'
const LOCKED = 'Look for a long transaction, put the file in WAL mode, or raise `busyTimeout`.'

const FIXES: Readonly<Record<string, string>> = {
  SQLITE_BUSY: LOCKED,
  SQLITE_LOCKED: LOCKED,
  TRANSACTION_ACTIVE: 'Keep transactions short, or give sessions a client of their own.',
  CLIENT_CLOSED: 'Close the client after the last request.',
  SQLITE_FULL: 'The disk is full. Make room on it, or prune sooner.',
  SQLITE_READONLY: 'Give the user that runs this process the right to write this file and its directory.',
  SQLITE_NOTADB: 'This file is something else. Choose another one.',
}
