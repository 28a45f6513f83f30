import { type MysqlClient, type MysqlValue, poolOf } from './mysql/client.ts'
import { MYSQL_SCHEMA, mysqlMigration, mysqlSchema, mysqlTable } from './mysql/schema.ts'
import { checkedOptions } from './shared/options.ts'
import { codeOf, PRUNE_BATCH, type Row, rowOf, type SqlStore, sqlStore } from './shared/sql-store.ts'

export type { MysqlCallbackPool, MysqlClient, MysqlPool } from './mysql/client.ts'
export type { Drizzle, Knex } from './shared/sql-clients.ts'
export { mysqlSchema }

export interface MysqlStoreOptions {
  /** A plain name. Default `coatcheck_sessions`. Beside it there is `<table>_schema`, with the version of its form. */
  readonly table?: string
}

export type MysqlStore = SqlStore

/**
 * Keeps sessions in a table of MySQL 8 or MariaDB 10.5 or later, through a pool of `mysql2`, or through Drizzle or Knex over one, which
 * stays the application's to close. Each call is one prepared statement outside of every transaction.
 *
 * Make the table with `await store.migrate()`, or with the SQL of `mysqlSchema()`. Throws `BAD_OPTIONS` for wrong options; calls
 * reject with `STORE_FAILED` and the client's error.
 */
export function mysqlStore(client: MysqlClient, options: MysqlStoreOptions = {}): MysqlStore {
  const { table = 'coatcheck_sessions' } = checkedOptions('mysqlStore', options, ['table'])
  const name = `\`${mysqlTable(table)}\``
  const sql = statements(name)
  const pool = poolOf(client)
  const rows = async (text: string, ...values: MysqlValue[]): Promise<readonly Row[]> =>
    ((await pool.execute(text, values))[0] as readonly unknown[]).map(rowOf)
  const changed = async (text: string, ...values: MysqlValue[]): Promise<number> =>
    ((await pool.execute(text, values))[0] as { affectedRows: number }).affectedRows
  const keys = async (text: string, ...values: MysqlValue[]): Promise<string[]> =>
    (await rows(text, ...values)).map(([key]) => String(key))

  return sqlStore({
    title: 'MySQL',
    async read(key) {
      const [row] = await rows(sql.read, key)
      if (row === undefined) return undefined
      const [version, data, ...others] = row
      return [version, decoder.decode(data as Uint8Array), ...others]
    },

    async readMany(all) {
      const found: Row[] = []
      for (let at = 0; at < all.length; at += PRUNE_BATCH) {
        const some = await rows(sql.readMany, ...filled(all.slice(at, at + PRUNE_BATCH)))
        for (const [key, version, data, ...others] of some)
          found.push([key, version, decoder.decode(data as Uint8Array), ...others])
      }
      return found
    },

    async create(key, version, data, owner, times) {
      try {
        return (await changed(sql.create, key, version, bytes(data), owner, ...times)) === 1
      } catch (error) {
        // INSERT IGNORE would also overlook data that does not fit.
        if (codeOf(error) === 'ER_DUP_ENTRY') return false
        throw error
      }
    },

    update: async (key, version, next, data, expiresAt) =>
      (await changed(sql.update, next, bytes(data), expiresAt, key, version)) === 1,
    delete: async (key, version) => (await changed(sql.delete, key, version)) === 1,

    async touch(key, version, expiresAt) {
      if ((await changed(sql.touch, expiresAt, key, version)) === 1) return true
      // No row is changed either where the time is later already, unless the pool counts rows that were found.
      return (await rows(sql.has, key, version)).length === 1
    },

    listByOwner: (owner) => keys(sql.listByOwner, owner),
    list: (after, limit) => keys(sql.list, after, `${limit}`),

    async prune(before, limit) {
      const over = await keys(sql.expired, before, `${limit}`)
      // In one order, so that two do not wait for each other.
      return over.length === 0 ? 0 : changed(sql.prune, before, ...filled(over).sort())
    },

    async about() {
      const [[time = ''] = []] = await rows('SELECT CAST(FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000) AS CHAR) AS time')
      const [found] = await pool.query(VARIABLES)
      const said = new Map((found as readonly unknown[]).map((row) => rowOf(row).map(String) as [string, string]))
      // MariaDB called it tx_isolation before release 11.
      const isolation = said.get('transaction_isolation') ?? said.get('tx_isolation') ?? ''
      const version = said.get('version') ?? ''
      return {
        server: `${/mariadb/i.test(version) ? 'MariaDB' : 'MySQL'} ${version.split('-', 1)[0]}`,
        time: Number(time),
        isolation: isolation.toLowerCase().replaceAll('-', ' '),
        ...(said.get('innodb_flush_log_at_trx_commit') !== '1' && {
          loses: 'the writes of the last second (innodb_flush_log_at_trx_commit is not 1)',
        }),
      }
    },

    schema: {
      table,
      known: MYSQL_SCHEMA,
      sql: mysqlSchema(table),
      found: async () => (await rows(`SELECT version FROM \`${mysqlTable(table)}_schema\``))[0],
    },
    isMissing: (error) => codeOf(error) === 'ER_NO_SUCH_TABLE',
    async migrate() {
      for (const statement of mysqlMigration(table)) await pool.query(statement)
    },

    isUndone: (error) => codeOf(error) === 'ER_LOCK_DEADLOCK',
    fixFor: (error) => FIXES[codeOf(error)],
  })
}

/** Data goes as its bytes and is told to be UTF-8, because a connection in another character set replaces what that has not. */
const TEXT = 'CONVERT(CAST(? AS BINARY) USING utf8mb4)'
const bytes = (data: string): Uint8Array => Buffer.from(data, 'utf8')
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** One statement for any number of keys: what is missing is the first again. */
const filled = (keys: readonly string[]): string[] =>
  [...keys, ...Array<string>(PRUNE_BATCH).fill(keys[0] ?? '')].slice(0, PRUNE_BATCH)

type Statement =
  | 'read'
  | 'readMany'
  | 'create'
  | 'update'
  | 'delete'
  | 'touch'
  | 'has'
  | 'listByOwner'
  | 'list'
  | 'expired'
  | 'prune'

function statements(table: string): Readonly<Record<Statement, string>> {
  return {
    read: `SELECT version, CAST(data AS BINARY) AS data, owner, created_at, ends_at, expires_at FROM ${table} WHERE \`key\` = ?`,
    readMany: `SELECT \`key\`, version, CAST(data AS BINARY) AS data, owner, created_at, ends_at, expires_at FROM ${table} WHERE \`key\` IN (${Array(PRUNE_BATCH).fill('?').join(', ')})`,
    create: `INSERT INTO ${table} (\`key\`, version, data, owner, created_at, ends_at, expires_at) VALUES (?, ?, ${TEXT}, ?, ?, ?, ?)`,
    update: `UPDATE ${table} SET version = ?, data = ${TEXT}, expires_at = ? WHERE \`key\` = ? AND version = ?`,
    delete: `DELETE FROM ${table} WHERE \`key\` = ? AND version = ?`,
    touch: `UPDATE ${table} SET expires_at = greatest(expires_at, ?) WHERE \`key\` = ? AND version = ?`,
    has: `SELECT 1 FROM ${table} WHERE \`key\` = ? AND version = ?`,
    listByOwner: `SELECT \`key\` FROM ${table} WHERE owner = ?`,
    list: `SELECT \`key\` FROM ${table} WHERE \`key\` > ? ORDER BY \`key\` LIMIT ?`,
    // Found first and deleted by their keys: a DELETE with LIMIT locks ranges of the index, and two of them lock each other out.
    expired: `SELECT \`key\` FROM ${table} WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`,
    prune: `DELETE FROM ${table} WHERE expires_at <= ? AND \`key\` IN (${Array(PRUNE_BATCH).fill('?').join(', ')})`,
  }
}

const VARIABLES =
  "SHOW VARIABLES WHERE Variable_name IN ('version', 'transaction_isolation', 'tx_isolation', 'innodb_flush_log_at_trx_commit')"

const FIXES: Readonly<Record<string, string>> = {
  ER_NO_SUCH_TABLE:
    'Make the table: call `await store.migrate()` when the application starts, or run the SQL of `mysqlSchema()`.',
  ER_OPTION_PREVENTS_STATEMENT: 'The pool is connected to a replica, or the server is read-only. Connect it to the primary.',
  ER_TABLEACCESS_DENIED_ERROR: 'Give this user the rights SELECT, INSERT, UPDATE and DELETE on the table.',
  ER_CON_COUNT_ERROR: 'The server has no connection left. Lower `connectionLimit` of the pools, or raise `max_connections`.',
  ER_NET_PACKET_TOO_LARGE: 'Raise `max_allowed_packet` of the server, or keep less in the session.',
}
