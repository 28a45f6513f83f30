import { SessionError } from '../../errors.ts'
import type { SqlValue } from '../shared/sql-store.ts'

/** The part of a `Pool` of the package `pg`, and of PGlite, that is used here. */
export interface PgPool {
  query(text: string, values?: SqlValue[]): Promise<{ readonly rows: unknown[] }>
}

/** The part of `postgres(…)` of the package `postgres` that is used here. */
export interface PostgresJs {
  unsafe(text: string, values?: SqlValue[], options?: { readonly prepare: boolean }): PromiseLike<readonly unknown[]>
}

export type PostgresClient = PgPool | PostgresJs

export type Query = (text: string, values?: SqlValue[]) => Promise<readonly unknown[]>

/** Rows of a statement, whichever the client. */
export function queryOf(client: PostgresClient): Query {
  if (isUsable(client)) {
    if ('unsafe' in client && !('savepoint' in client || 'release' in client)) {
      // Unprepared, it asks for the types of the values first, and waits for the answer. `postgres(url, { prepare: false })` still holds.
      return async (text, values) => (values ? client.unsafe(text, values, { prepare: true }) : client.unsafe(text))
    }
    if ('query' in client && !isOneConnection(client)) return async (text, values) => (await client.query(text, values)).rows
  }
  throw new SessionError('BAD_OPTIONS', 'postgresStore: the first argument must be a Pool of `pg`, `postgres(…)` or a PGlite.', {
    fix: 'Give it a pool. A single connection may be in a transaction, whose rollback would undo what was acknowledged, and is dead once it is lost.',
  })
}

const isUsable = (client: unknown): client is object =>
  (typeof client === 'object' || typeof client === 'function') && client !== null

/** A `Client` of `pg` and what its pool hands out know how values are parsed; a PGlite transaction can be rolled back. */
const isOneConnection = (client: object): boolean => 'getTypeParser' in client || 'rollback' in client
