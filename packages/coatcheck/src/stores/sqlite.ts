import { andThen } from '../crypto/maybe.ts'
import { randomText } from '../crypto/random.ts'
import { checkName, pageOf } from './shared/names.ts'
import { Connection } from './sqlite/connection.ts'
import { SCHEMA, sqliteSchema, versionIn } from './sqlite/database.ts'
import { checkedSqliteOptions, type SqliteStoreOptions } from './sqlite/options.ts'
import type { SessionRow, Statements } from './sqlite/statements.ts'
import { type Found, promising, type SessionRecord, type Store, type Version } from './store.ts'

export type { Durability, SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite/database.ts'
export type { SqliteStoreOptions }

export type SqliteStore = Store & Required<Omit<Store, 'about' | 'consistency' | 'maxBytes' | 'evicts' | 'watch'>>

const VERSION_BYTES = 9
/** Rows that one statement of a prune removes, so that requests get their turn in between. */
const BATCH = 100

/**
 * Keeps sessions in an SQLite file, which any number of processes of one machine may share.
 *
 * The tables make themselves, at the first call or at `migrate`. A lock that another connection holds is waited out without
 * stopping this process. Throws `BAD_OPTIONS` for wrong options; calls reject with `STORE_FAILED` when the file cannot be
 * opened or written, is no database, was written by a newer version, or stays locked for `busyTimeout`.
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteStore {
  const given = checkedSqliteOptions(options)
  const connection = new Connection(given)
  /** Some drivers cut a text short at a NUL, and the key of one session must not find another. */
  const checked = (name: string): string => {
    checkName('SQLite', name)
    return name
  }
  const changes = (work: (sql: Statements) => { readonly changes: number | bigint }) =>
    andThen(connection.run(work), (done) => Number(done.changes))
  const keys = async (work: (sql: Statements) => unknown[]) =>
    ((await connection.run(work)) as { key: string }[]).map(({ key }) => key)

  return {
    read: promising((key: string) =>
      andThen(
        connection.run((sql) => sql.read.get(checked(key)) as SessionRow | null | undefined),
        (row) => (row ? found(row) : undefined), // Bun answers null for no row
      ),
    ),

    async readMany(keys) {
      const rows = (await connection.run((sql) => sql.readMany.all(JSON.stringify(keys.map(checked))))) as KeyedRow[]
      const byKey = new Map(rows.map((row) => [row.key, row]))
      return keys.map((key) => {
        const row = byKey.get(key)
        return row && found(row)
      })
    },

    create: promising((key: string, { data, owner, createdAt, endsAt, expiresAt }: SessionRecord) => {
      const version = randomText(VERSION_BYTES)
      const made = changes((sql) =>
        sql.create.run(checked(key), version, data, owner === undefined ? null : checked(owner), createdAt, endsAt, expiresAt),
      )
      return andThen(made, (rows) => (rows === 1 ? version : undefined))
    }),

    update: promising((key: string, { data, expiresAt }: SessionRecord, version: Version, given?: Version) => {
      const next = given ?? randomText(VERSION_BYTES)
      const written = changes((sql) => sql.update.run(next, data, expiresAt, checked(key), version))
      return andThen(written, (rows) => (rows === 1 ? next : undefined))
    }),

    delete: promising((key: string, version: Version) =>
      andThen(
        changes((sql) => sql.delete.run(checked(key), version)),
        (rows) => rows === 1,
      ),
    ),

    touch: promising((key: string, expiresAt: number, version: Version) =>
      andThen(
        changes((sql) => sql.touch.run(expiresAt, checked(key), version)),
        (rows) => rows === 1,
      ),
    ),

    listByOwner: (owner) => keys((sql) => sql.listByOwner.all(checked(owner))),

    async list(after, limit) {
      const found = await keys((sql) => sql.list.all(after ?? '', limit + 1))
      return pageOf(found, limit)
    },

    async prune(before, limit) {
      for (let removed = 0; ; ) {
        const batch = Math.min(BATCH, limit - removed)
        const count = await changes((sql) => sql.prune.run(before, batch))
        removed += count
        if (count < batch || removed >= limit) return removed
        await new Promise((resolve) => setTimeout(resolve, 0))
      }
    },

    async schema() {
      const { source, table } = given
      return { table, known: SCHEMA, sql: sqliteSchema(table), found: await versionIn(source, table) }
    },
    migrate: async () => connection.run(() => {}),

    close: () => connection.close(),
  }
}

type KeyedRow = SessionRow & { readonly key: string }

function found({ version, data, owner, created_at, ends_at, expires_at }: SessionRow): Found {
  const times = { createdAt: Number(created_at), endsAt: Number(ends_at), expiresAt: Number(expires_at) }
  return { record: owner === null ? { data, ...times } : { data, owner, ...times }, version }
}
