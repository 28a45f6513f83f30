import { checkedTable } from '../shared/sql.ts'
import { sqliteTable } from '../shared/sqlite-sql.ts'

/** The version of the tables' form. */
export const D1_SCHEMA = 1

export const d1Table = (table: unknown): string => checkedTable('d1Store', table)

/**
 * The SQL that makes the tables of `d1Store`, for a file of `wrangler d1 migrations`. `table` is that of the store, by default
 * `coatcheck_sessions`. Throws `BAD_OPTIONS` when it is no plain name.
 */
export function d1Schema(table = 'coatcheck_sessions'): string {
  return `${d1Migration(table).join(';\n')};\n`
}

/** One statement each, and each may find that it was run before. */
export function d1Migration(table: string): readonly string[] {
  const name = d1Table(table)
  return [
    ...sqliteTable(name),
    `CREATE TABLE IF NOT EXISTS "${name}_schema" (id INTEGER NOT NULL PRIMARY KEY, version INTEGER NOT NULL) STRICT`,
    `INSERT INTO "${name}_schema" (id, version) VALUES (1, ${D1_SCHEMA}) ON CONFLICT (id) DO NOTHING`,
  ]
}
