import { closeSync, openSync } from 'node:fs'
import { builtin } from '../../builtin.ts'
import { SessionError } from '../../errors.ts'

export type SqliteValue = string | number | null

/** The part of a prepared statement that the store uses. */
export interface SqliteStatement {
  get(...values: SqliteValue[]): unknown
  all(...values: SqliteValue[]): unknown[]
  run(...values: SqliteValue[]): { readonly changes: number | bigint }
}

/** The part of an open database that the store uses, which `node:sqlite`, `bun:sqlite` and `better-sqlite3` have in common. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): SqliteStatement
  close(): unknown
  /** Whether a transaction is open on this connection, as `node:sqlite` calls it. */
  readonly isTransaction?: boolean
  /** The same, as the others call it. */
  readonly inTransaction?: boolean
}

/** `normal`: a loss of power may undo the last commits. `full`: it undoes none. */
export type Durability = 'normal' | 'full'

/** Opens the file at `path`, made for this user only; SQLite gives its companions `-wal` and `-shm` the same rights. */
export async function openFile(path: string): Promise<SqliteDatabase> {
  const open = await opener(path)
  if (path !== ':memory:') closeSync(openSync(path, 'a', 0o600))
  return open(path)
}

/** A name that no bundler resolves: only Bun has this module. */
const BUN = ['bun', 'sqlite'].join(':')

async function opener(path: string): Promise<(path: string) => SqliteDatabase> {
  if (process.versions.bun !== undefined) {
    const bun: { Database: new (path: string) => SqliteDatabase } = await import(BUN)
    return (path) => new bun.Database(path)
  }
  const node = builtin((node) => node.getBuiltinModule('node:sqlite'))
  if (node) return (path) => new node.DatabaseSync(path)
  throw new SessionError('STORE_FAILED', `"${path}" cannot be opened: this runtime has no SQLite of its own.`, {
    fix: 'Use Node 22.13 or later, Bun or Deno, or give sqliteStore an open `database`.',
  })
}

/** Readers and the writer do not hold each other up, and no call waits inside SQLite, which would stop the whole process. */
export function configure(database: SqliteDatabase, durability: Durability): void {
  database.exec('PRAGMA busy_timeout = 0')
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(`PRAGMA synchronous = ${durability}`)
}

const SCHEMA = 1

/**
 * Makes the tables unless they are there. Of several processes that come at once, one makes them, under SQLite's own lock.
 * Their version is kept beside them and not in `user_version`, which belongs to the application.
 */
export function makeTables(database: SqliteDatabase, table: string): void {
  if (schemaOf(database, table) === SCHEMA) return
  database.exec('BEGIN IMMEDIATE')
  try {
    if (schemaOf(database, table) === undefined) database.exec(tables(table))
    database.exec('COMMIT')
  } catch (error) {
    try {
      database.exec('ROLLBACK')
    } catch {
      // SQLite had ended the transaction itself; the first error says why.
    }
    throw error
  }
}

function schemaOf(database: SqliteDatabase, table: string): number | undefined {
  const found = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(`${table}_schema`)
  if (!found) return undefined
  const { version } = database.prepare(`SELECT version FROM "${table}_schema"`).get() as { version: number | bigint }
  if (Number(version) === SCHEMA) return SCHEMA
  throw new SessionError(
    'STORE_FAILED',
    `The table "${table}" has version ${version}; this version of the library knows version ${SCHEMA}.`,
    {
      fix: 'Update the library here too, or give `sqliteStore` another `table`.',
    },
  )
}

const tables = (table: string): string => `
  CREATE TABLE "${table}" (
    key TEXT NOT NULL PRIMARY KEY,
    version TEXT NOT NULL,
    data TEXT NOT NULL,
    owner TEXT,
    created_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX "${table}_by_owner" ON "${table}" (owner, key) WHERE owner IS NOT NULL;
  CREATE INDEX "${table}_by_expiry" ON "${table}" (expires_at);
  CREATE TABLE "${table}_schema" (version INTEGER NOT NULL) STRICT;
  INSERT INTO "${table}_schema" (version) VALUES (${SCHEMA});
`
