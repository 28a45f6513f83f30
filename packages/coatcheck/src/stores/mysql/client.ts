import { SessionError } from '../../errors.ts'
import { clientBehind, type Drizzle, isKnex, type Knex, onConnection } from '../shared/sql-clients.ts'
import type { SqlValue } from '../shared/sql-store.ts'

export type MysqlValue = SqlValue | Uint8Array

/** The part of a pool of `mysql2/promise` that is used here. */
export interface MysqlPool {
  execute(sql: string, values: MysqlValue[]): Promise<[unknown, unknown]>
  query(sql: string): Promise<[unknown, unknown]>
  getConnection: unknown
}

/** A pool of `mysql2` that is called back has the other inside. */
export interface MysqlCallbackPool {
  promise(): MysqlPool
}

/** A pool, or what brings one. */
export type MysqlClient = MysqlPool | MysqlCallbackPool | Drizzle<MysqlPool | MysqlCallbackPool> | Knex

/** The pool that answers with promises, whichever was given. */
export function poolOf(given: MysqlClient): Pick<MysqlPool, 'execute' | 'query'> {
  const client = clientBehind(given)
  if (isKnex(client)) {
    const run = <T>(work: (connection: MysqlPool) => Promise<T>): Promise<T> =>
      onConnection(client, (connection) => work((connection as MysqlCallbackPool).promise()))
    return {
      execute: (sql, values) => run((connection) => connection.execute(sql, values)),
      query: (sql) => run((connection) => connection.query(sql)),
    }
  }
  const pool = 'promise' in Object(client) ? (client as MysqlCallbackPool).promise() : (client as MysqlPool)
  const { execute, query, getConnection } = Object(pool) as Partial<MysqlPool>
  if ([execute, query, getConnection].every((method) => typeof method === 'function')) return pool
  throw new SessionError(
    'BAD_OPTIONS',
    'mysqlStore: the first argument must be a pool of `mysql2`, or Drizzle or Knex over one.',
    {
      fix: 'Give it a pool. A single connection may be in a transaction, whose rollback would undo what was acknowledged, and is dead once it is lost.',
    },
  )
}
