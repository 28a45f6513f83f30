import { type PostgresClient, queryOf } from './postgres/client.ts'
import { POSTGRES_SCHEMA, postgresMigration, postgresSchema, postgresTable } from './postgres/schema.ts'
import { ENDED, watching } from './postgres/watch.ts'
import { checkedOptions } from './shared/options.ts'
import { codeOf, rowOf, type SqlStore, type SqlValue, sqlStore } from './shared/sql-store.ts'

export type { PgPool, PostgresClient, PostgresJs } from './postgres/client.ts'
export type { Drizzle, Knex } from './shared/sql-clients.ts'
export { postgresSchema }

export interface PostgresStoreOptions {
  /** `table` or `schema.table`. Default `coatcheck_sessions`. Beside it there is `<table>_schema`, with the version of its form. */
  readonly table?: string
}

export type PostgresStore = SqlStore

/**
 * Keeps sessions in a table of PostgreSQL 12 or later, through a `Pool` of `pg`, `postgres(…)` or a PGlite, or through Drizzle or Knex
 * over one, which stays the application's to close. Each call is one statement outside of every transaction.
 *
 * Make the table with `await store.migrate()`, or with the SQL of `postgresSchema()`. Throws `BAD_OPTIONS` for wrong options; calls
 * reject with `STORE_FAILED` and the client's error.
 */
export function postgresStore(client: PostgresClient, options: PostgresStoreOptions = {}): PostgresStore {
  const { table = 'coatcheck_sessions' } = checkedOptions('postgresStore', options, ['table'])
  const name = postgresTable(table)
  const sql = statements(name.table)
  const query = queryOf(client)
  const one = async (text: string, ...values: SqlValue[]): Promise<boolean> => (await query(text, values)).length === 1
  const keys = async (text: string, ...values: SqlValue[]): Promise<string[]> =>
    (await query(text, values)).map((row) => String(rowOf(row)[0]))

  return sqlStore({
    title: 'PostgreSQL',
    async read(key) {
      const [row] = await query(sql.read, [key])
      if (row === undefined) return undefined
      const [version, data, ...others] = rowOf(row)
      return [version, String(data).slice(1), ...others]
    },
    readMany: async (all) =>
      (await query(sql.readMany, [all.join(',')])).map((row) => {
        const [key, version, data, ...others] = rowOf(row)
        return [key, version, String(data).slice(1), ...others]
      }),
    create: (key, version, data, owner, times) => one(sql.create, key, version, data, owner, ...times),
    update: (key, version, next, data, expiresAt) => one(sql.update, key, version, next, data, expiresAt),
    updateTelling: (key, version, next, data, expiresAt) => one(sql.updateTelling, key, version, next, data, expiresAt),
    delete: (key, version) => one(sql.delete, key, version),
    watch: watching(client, query),
    touch: (key, version, expiresAt) => one(sql.touch, key, version, expiresAt),
    listByOwner: (owner) => keys(sql.listByOwner, owner),
    list: (after, limit) => keys(sql.list, after, limit),
    prune: async (before, limit) => (await query(sql.prune, [before, limit])).length,
    async about() {
      const [row] = await query(ABOUT, [name.table])
      const [version, time, isolation, isUnlogged, isLate] = rowOf(row).map(String)
      const loses =
        isUnlogged === '1'
          ? 'the whole table, which is unlogged'
          : isLate === '1' && 'the last writes (synchronous_commit is off)'
      return { server: `PostgreSQL ${version}`, time: Number(time), isolation: isolation ?? '', ...(loses && { loses }) }
    },
    schema: {
      table,
      known: POSTGRES_SCHEMA,
      sql: `${postgresMigration(table)};\n`,
      found: async () => rowOf((await query(`SELECT version FROM ${name.versions}`))[0]),
    },
    isMissing: (error) => codeOf(error) === '42P01',
    migrate: async () => void (await query(postgresMigration(table))),
    // serialization_failure and deadlock_detected (PostgreSQL, appendix A).
    isUndone: (error) => ['40001', '40P01'].includes(codeOf(error)),
    fixFor: (error) => FIXES[codeOf(error)],
  })
}

function statements(
  table: string,
): Readonly<
  Record<
    'read' | 'create' | 'update' | 'delete' | 'touch' | 'listByOwner' | 'list' | 'prune' | 'readMany' | 'updateTelling',
    string
  >
> {
  const update = `UPDATE ${table} SET version = $3, data = $4, expires_at = $5 WHERE key = $1 AND version = $2 RETURNING`
  return {
    // PGlite drops a byte order mark at the beginning of a text, so that something must stand before it.
    read: `SELECT version, '.' || data AS data, owner, created_at, ends_at, expires_at FROM ${table} WHERE key = $1`,
    // Lists are written in other ways by other clients.
    readMany: `SELECT key, version, '.' || data AS data, owner, created_at, ends_at, expires_at FROM ${table}
      WHERE key = ANY (string_to_array($1, ','))`,
    create: `INSERT INTO ${table} (key, version, data, owner, created_at, ends_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
      ON CONFLICT (key) DO NOTHING RETURNING 1`,
    update: `${update} 1`,
    // The notice goes out with the commit of the statement.
    updateTelling: `${update} pg_notify('${ENDED}', key)`,
    delete: `DELETE FROM ${table} WHERE key = $1 AND version = $2 RETURNING pg_notify('${ENDED}', key)`,
    touch: `UPDATE ${table} SET expires_at = greatest(expires_at, $3) WHERE key = $1 AND version = $2 RETURNING 1`,
    listByOwner: `SELECT key FROM ${table} WHERE owner = $1`,
    list: `SELECT key FROM ${table} WHERE key > $1 ORDER BY key LIMIT $2`,
    // Waits for nobody, and looks again at what another may have renewed.
    prune: `DELETE FROM ${table} WHERE expires_at <= $1 AND key IN (
      SELECT key FROM ${table} WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING 1`,
  }
}

const ABOUT = `SELECT current_setting('server_version'), floor(extract(epoch FROM clock_timestamp()) * 1000)::text AS time,
  current_setting('default_transaction_isolation') AS isolation,
  (SELECT count(*) FROM pg_class WHERE oid = to_regclass($1) AND relpersistence = 'u')::text AS unlogged,
  (CASE WHEN current_setting('synchronous_commit') = 'off' THEN 1 ELSE 0 END)::text AS late`

const FIXES: Readonly<Record<string, string>> = {
  '42P01': 'Make the table: call `await store.migrate()` when the application starts, or run the SQL of `postgresSchema()`.',
  '25006': 'The client is connected to a standby, or the database is read-only. Connect it to the primary.',
  '42501': 'Give this user the rights SELECT, INSERT, UPDATE and DELETE on the table.',
  '53300': 'The server has no connection left. Lower `max` of the pools, or raise `max_connections`.',
  '40001': 'Too many transactions were in its way. Take sessions out of `default_transaction_isolation = serializable`.',
}
