import type { SqliteDatabase, SqliteStatement } from './sqlite-database.ts'

export interface SessionRow {
  readonly version: string
  readonly data: string
  readonly owner: string | null
  readonly created_at: number | bigint
  readonly ends_at: number | bigint
  readonly expires_at: number | bigint
}

/** What the store asks of the database, a statement each; every write names the version it replaces. */
export interface Statements {
  readonly read: SqliteStatement
  readonly create: SqliteStatement
  readonly update: SqliteStatement
  readonly delete: SqliteStatement
  readonly touch: SqliteStatement
  readonly listByOwner: SqliteStatement
  readonly list: SqliteStatement
  readonly prune: SqliteStatement
}

export function prepareAll(database: SqliteDatabase, table: string): Statements {
  const prepare = (sql: string) => database.prepare(sql.replaceAll('sessions', `"${table}"`))
  return {
    read: prepare('SELECT version, data, owner, created_at, ends_at, expires_at FROM sessions WHERE key = ?'),
    create: prepare(
      `INSERT INTO sessions (key, version, data, owner, created_at, ends_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (key) DO NOTHING`,
    ),
    update: prepare('UPDATE sessions SET version = ?, data = ?, expires_at = ? WHERE key = ? AND version = ?'),
    delete: prepare('DELETE FROM sessions WHERE key = ? AND version = ?'),
    touch: prepare('UPDATE sessions SET expires_at = max(expires_at, ?) WHERE key = ? AND version = ?'),
    listByOwner: prepare('SELECT key FROM sessions WHERE owner = ?'),
    list: prepare('SELECT key FROM sessions WHERE key > ? ORDER BY key LIMIT ?'),
    prune: prepare(
      'DELETE FROM sessions WHERE key IN (SELECT key FROM sessions WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)',
    ),
  }
}
