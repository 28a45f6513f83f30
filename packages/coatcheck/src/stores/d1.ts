import { checkedD1, type D1Client } from './d1/client.ts'
import { D1_SCHEMA, d1Migration, d1Schema, d1Table } from './d1/schema.ts'
import { checkedOptions } from './shared/options.ts'
import { rowOf, type SqlStore, type SqlValue, sqlStore } from './shared/sql-store.ts'
import { type SqliteVerb, sqliteStatements } from './shared/sqlite-sql.ts'

export type { D1Answer, D1Client, D1Statement } from './d1/client.ts'
export { d1Schema }

export interface D1StoreOptions {
  /** A plain name. Default `coatcheck_sessions`. Beside it there is `<table>_schema`, with the version of its form. */
  readonly table?: string
}

export type D1Store = SqlStore & { readonly maxBytes: number }

/** D1 keeps a row of 2 000 000 bytes (developers.cloudflare.com/d1/platform/limits); this leaves room for the other columns. */
const MAX_BYTES = 1_990_000

/**
 * Keeps sessions in a table of Cloudflare D1, through the binding of a Worker; always asks the primary. Each call is one statement.
 *
 * Make the table with the SQL of `d1Schema()` in a migration of wrangler, or with `await store.migrate()`. Throws `BAD_OPTIONS` for
 * wrong options; calls reject with `STORE_FAILED` and the error of D1.
 */
export function d1Store(client: D1Client, options: D1StoreOptions = {}): D1Store {
  const { table = 'coatcheck_sessions' } = checkedOptions('d1Store', options, ['table'])
  const sql = statements(`"${d1Table(table)}"`)
  const database = checkedD1(client)
  const query = async (text: string, ...values: SqlValue[]): Promise<readonly unknown[]> =>
    (
      await database
        .prepare(text)
        .bind(...values)
        .all()
    ).results
  const one = async (text: string, ...values: SqlValue[]): Promise<boolean> => (await query(text, ...values)).length === 1
  const keys = async (text: string, ...values: SqlValue[]): Promise<string[]> =>
    (await query(text, ...values)).map((row) => String(rowOf(row)[0]))

  const store = sqlStore({
    title: 'D1',
    async read(key) {
      const [row] = await query(sql.read, key)
      return row === undefined ? undefined : rowOf(row)
    },
    readMany: async (all) => (await query(sql.readMany, JSON.stringify(all))).map(rowOf),
    create: (key, version, data, owner, times) => one(sql.create, key, version, data, owner, ...times),
    update: (key, version, next, data, expiresAt) => one(sql.update, next, data, expiresAt, key, version),
    delete: (key, version) => one(sql.delete, key, version),
    touch: (key, version, expiresAt) => one(sql.touch, expiresAt, key, version),
    listByOwner: (owner) => keys(sql.listByOwner, owner),
    list: (after, limit) => keys(sql.list, after, limit),
    prune: async (before, limit) => (await query(sql.prune, before, limit)).length,

    schema: {
      table,
      known: D1_SCHEMA,
      sql: d1Schema(table),
      found: async () => rowOf((await query(`SELECT version FROM "${table}_schema"`))[0]),
    },
    isMissing: (error) => /no such table/.test(String(error)),
    migrate: async () => void (await database.batch(d1Migration(table).map((statement) => database.prepare(statement)))),

    // D1 runs one statement after the other, so none is in another's way.
    isUndone: () => false,
    fixFor: (error) => FIXES.find(([sign]) => sign.test(String(error)))?.[1],
  })
  return { ...store, maxBytes: MAX_BYTES }
}

/** How many rows a write changed is told by what it returns. */
function statements(table: string): Readonly<Record<SqliteVerb, string>> {
  const { create, update, delete: remove, touch, prune, ...reads } = sqliteStatements(table)
  const telling = (write: string): string => `${write} RETURNING 1`
  const writes = { create: telling(create), update: telling(update), delete: telling(remove), touch: telling(touch) }
  return { ...reads, ...writes, prune: telling(prune) }
}

/** Errors of D1 have no code; these are parts of their messages. */
const FIXES: readonly (readonly [sign: RegExp, fix: string])[] = [
  [
    /no such table/,
    'Make the table: put the SQL of `d1Schema()` into a migration and run `wrangler d1 migrations apply`, or call `await store.migrate()`.',
  ],
  [
    /overloaded|too many requests queued/i,
    'D1 has more to do than it can. Let the visitor try again, or keep sessions in a database of their own.',
  ],
  [
    /maximum DB size|SQLITE_FULL/i,
    'The database is full. Call `sessions.prune()` now and then, or keep sessions in a database of their own.',
  ],
]
