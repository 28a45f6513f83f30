import { d1Schema } from '../../stores/d1/schema.ts'
import { libsqlSchema } from '../../stores/libsql/schema.ts'
import { mysqlSchema } from '../../stores/mysql/schema.ts'
import { postgresMigration } from '../../stores/postgres/schema.ts'
import { checkedTable } from '../../stores/shared/sql.ts'
import { sqliteSchema } from '../../stores/sqlite/database.ts'
import { can, type Store } from '../../stores/store.ts'
import { Problem } from '../problem.ts'

/** SQL that makes the tables of a store, and finds what is there. */
const KINDS: Readonly<Record<string, (table: string) => string>> = {
  postgres: (table) => `${postgresMigration(table)};\n`,
  mysql: mysqlSchema,
  mariadb: mysqlSchema,
  sqlite: (table) => sqliteSchema(checkedTable('sqliteStore', table)),
  libsql: libsqlSchema,
  d1: d1Schema,
}

export const KIND_NAMES: readonly string[] = Object.keys(KINDS)

/** Throws a `Problem`, and `BAD_OPTIONS` for a wrong table. */
export function schemaSql(kind: string, table = 'coatcheck_sessions'): string {
  const sql = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined
  if (!sql) throw new Problem(`No store has the kind "${kind}".`, `Write one of: ${KIND_NAMES.join(', ')}.`)
  return sql(table)
}

/** What a store needs, and what was done about it. */
export interface Prepared {
  /** As the command calls the store. */
  readonly store: string
  readonly table?: string
  /** The version of the tables' form before; null: they were not there. Left out: the store does not tell. */
  readonly found?: number | null
  readonly known?: number
  readonly did: 'nothing' | 'made' | 'would make' | 'ran migrate' | 'would run migrate'
  readonly sql?: string
}

/** Undefined: this store needs nothing. */
export async function prepare(name: string, store: Store, isDry: boolean): Promise<Prepared | undefined> {
  if (!can(store, 'migrate')) return undefined
  if (!can(store, 'schema')) {
    if (!isDry) await store.migrate()
    return { store: name, did: isDry ? 'would run migrate' : 'ran migrate' }
  }
  const { table, known, found, sql } = await store.schema()
  const about = { store: name, table, found: found ?? null, known }
  if (found === known) return { ...about, did: 'nothing' }
  if (isDry && found === undefined) return { ...about, did: 'would make', sql }
  // Refuses what a newer release has made.
  await store.migrate()
  return { ...about, did: 'made' }
}

export function preparedText({ store, table, found, known, did, sql }: Prepared): string {
  if (did === 'ran migrate') return `${store}: its migrate() has run.`
  if (did === 'would run migrate') return `${store}: its migrate() would run.`
  if (did === 'nothing') return `${store}: the table ${table} is there, with version ${found}.`
  if (did === 'made') return `${store}: the table ${table} was made, with version ${known}.`
  return `${store}: the table ${table} is not there. This would be run:\n\n${sql}`
}
