import { SessionError } from '../../errors.ts'
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

export type MysqlClient = MysqlPool | MysqlCallbackPool

/** The pool that answers with promises, whichever was given. */
export function poolOf(client: MysqlClient): MysqlPool {
  const pool = 'promise' in Object(client) ? (client as MysqlCallbackPool).promise() : (client as MysqlPool)
  const { execute, query, getConnection } = Object(pool) as Partial<MysqlPool>
  if ([execute, query, getConnection].every((method) => typeof method === 'function')) return pool
  throw new SessionError('BAD_OPTIONS', 'mysqlStore: the first argument must be a pool of `mysql2`.', {
    fix: 'Give it a pool. A single connection may be in a transaction, whose rollback would undo what was acknowledged, and is dead once it is lost.',
  })
}
