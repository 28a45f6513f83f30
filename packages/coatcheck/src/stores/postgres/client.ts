import { SessionError } from '../../errors.ts'
import { clientBehind, type Drizzle, isKnex, type Knex, onConnection } from '../shared/sql-clients.ts'
import type { SqlValue } from '../shared/sql-store.ts'

/** The part of a `Pool` of the package `pg`, and of PGlite, that is used here. */
export interface PgPool {
  query(text: string, values?: SqlValue[]): Promise<{ readonly rows: unknown[] }>
}

/** The part of `postgres(…)` of the package `postgres` that is used here. */
export interface PostgresJs {
  unsafe(text: string, values?: SqlValue[], options?: { readonly prepare: boolean }): PromiseLike<readonly unknown[]>
}

/** A pool, or what brings one. */
export type PostgresClient = PgPool | PostgresJs | Drizzle<PgPool | PostgresJs> | Knex

export type Query = (text: string, values?: SqlValue[]) => Promise<readonly unknown[]>

/** Rows of a statement, whichever the client. */
export function queryOf(given: PostgresClient): Query {
  const client = clientBehind(given)
  if (isKnex(client))
    return (text, values) => onConnection(client, async (one) => (await (one as PgPool).query(text, values)).rows)
  if (isUsable(client)) {
    if (isPostgresJs(client)) {
      // Unprepared, it asks for the types of the values first, and waits for the answer. `postgres(url, { prepare: false })` still holds.
      return async (text, values) => (values ? client.unsafe(text, values, { prepare: true }) : client.unsafe(text))
    }
    if (isPool(client)) return async (text, values) => (await client.query(text, values)).rows
  }
  throw new SessionError(
    'BAD_OPTIONS',
    'postgresStore: the first argument must be a Pool of `pg`, `postgres(…)` or a PGlite, or Drizzle or Knex over one.',
    {
      fix: 'Give it a pool. A single connection may be in a transaction, whose rollback would undo what was acknowledged, and is dead once it is lost.',
    },
  )
}

const isPostgresJs = (client: object): client is PostgresJs =>
  'unsafe' in client && !('savepoint' in client || 'release' in client)

const isPool = (client: object): client is PgPool =>
  'query' in client && typeof client.query === 'function' && !isOneConnection(client)

const isUsable = (client: unknown): client is object =>
  (typeof client === 'object' || typeof client === 'function') && client !== null

/** A `Client` of `pg` and what its pool hands out know how values are parsed; a PGlite transaction can be rolled back. */
const isOneConnection = (client: object): boolean => 'getTypeParser' in client || 'rollback' in client
