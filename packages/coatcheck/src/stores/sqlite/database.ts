import { closeSync, existsSync, openSync } from 'node:fs'
import { builtin } from '../../builtin.ts'
import { SessionError } from '../../errors.ts'
import { sqliteMigration } from '../shared/sqlite-sql.ts'

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

/** The version of the tables' form. */
export const SCHEMA = 1

/**
 * Makes the tables unless they are there. Of several processes that come at once, one makes them, under SQLite's own lock.
 * Their version is kept beside them and not in `user_version`, which belongs to the application.
 */
export function makeTables(database: SqliteDatabase, table: string): void {
  if (isMade(database, table)) return
  database.exec('BEGIN IMMEDIATE')
  try {
    if (!isMade(database, table)) database.exec(sqliteSchema(table))
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

/** The version of the tables that are there. Makes no file, and no tables. */
export async function versionIn(source: string | SqliteDatabase, table: string): Promise<number | undefined> {
  if (typeof source !== 'string') return versionOf(source, table)
  if (!existsSync(source)) return undefined
  const database = await openFile(source)
  try {
    return versionOf(database, table)
  } finally {
    database.close()
  }
}

function versionOf(database: SqliteDatabase, table: string): number | undefined {
  const found = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(`${table}_schema`)
  if (!found) return undefined
  const { version } = database.prepare(`SELECT version FROM "${table}_schema"`).get() as { version: number | bigint }
  return Number(version)
}

function isMade(database: SqliteDatabase, table: string): boolean {
  const version = versionOf(database, table)
  if (version === undefined || version === SCHEMA) return version === SCHEMA
  throw new SessionError(
    'STORE_FAILED',
    `The table "${table}" has version ${version}; this version of the library knows version ${SCHEMA}.`,
    {
      fix: 'Update the library here too, or give `sqliteStore` another `table`.',
    },
  )
}

/** The SQL that makes the tables, which finds what is there. `table`: a plain name. */
export const sqliteSchema = (table: string): string => `${sqliteMigration(table, SCHEMA).join(';\n')};\n`
