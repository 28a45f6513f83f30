import { type SqliteVerb, sqliteStatements } from '../shared/sqlite-sql.ts'
import type { SqliteDatabase, SqliteStatement } from './database.ts'

export interface SessionRow {
  readonly version: string
  readonly data: string
  readonly owner: string | null
  readonly created_at: number | bigint
  readonly ends_at: number | bigint
  readonly expires_at: number | bigint
}

/** The statements of the store, prepared. */
export type Statements = Readonly<Record<SqliteVerb, SqliteStatement>>

export function prepareAll(database: SqliteDatabase, table: string): Statements {
  const sql = Object.entries(sqliteStatements(`"${table}"`))
  return Object.fromEntries(sql.map(([verb, text]) => [verb, database.prepare(text)])) as Statements
}
