import { checkedTable } from '../shared/sql.ts'
import { sqliteMigration } from '../shared/sqlite-sql.ts'

/** The version of the tables' form, which is that of `sqliteStore`. */
export const LIBSQL_SCHEMA = 1

export const libsqlTable = (table: unknown): string => checkedTable('libsqlStore', table)

/**
 * The SQL that makes the tables of `libsqlStore`, for those who make theirs themselves. `table` is that of the store, by default
 * `coatcheck_sessions`. Throws `BAD_OPTIONS` when it is no plain name.
 */
export function libsqlSchema(table = 'coatcheck_sessions'): string {
  return `${libsqlMigration(table).join(';\n')};\n`
}

/** One statement each; they find what was made before. */
export function libsqlMigration(table: string): string[] {
  return sqliteMigration(libsqlTable(table), LIBSQL_SCHEMA)
}
