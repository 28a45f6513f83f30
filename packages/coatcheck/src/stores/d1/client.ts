import { SessionError } from '../../errors.ts'
import type { SqlValue } from '../shared/sql-store.ts'

export interface D1Answer {
  /** Objects with the columns in the order in which they were asked for. */
  readonly results: readonly unknown[]
}

export interface D1Statement {
  bind(...values: readonly SqlValue[]): D1Statement
  all(): Promise<D1Answer>
}

/** The part of a D1 binding that is used here. */
export interface D1Client {
  prepare(sql: string): D1Statement
  /** One round trip and one transaction. */
  batch(statements: D1Statement[]): Promise<readonly D1Answer[]>
}

/** Of the binding itself, every statement goes to the primary; a session of `withSession` may read from a replica that is behind. */
export function checkedD1(client: D1Client): D1Client {
  if (typeof client?.prepare !== 'function' || typeof client.batch !== 'function')
    throw new SessionError('BAD_OPTIONS', 'd1Store: the first argument must be a D1 binding, as in `d1Store(env.DB)`.')
  if ('getBookmark' in client)
    throw new SessionError('BAD_OPTIONS', 'd1Store was given a session of D1, which may read from a replica that is behind.', {
      fix: 'Give it the binding itself, as in `d1Store(env.DB)`: it reads from the primary.',
    })
  return client
}
