import { SessionError } from '../../errors.ts'
import type { SqlValue } from '../shared/sql-store.ts'

export interface LibsqlResult {
  readonly rows: readonly ArrayLike<unknown>[]
  readonly rowsAffected: number
}

/** The part of a client of `@libsql/client` that is used here. */
export interface LibsqlClient {
  execute(statement: { sql: string; args: SqlValue[] }): Promise<LibsqlResult>
  batch(statements: string[], mode: 'write'): Promise<unknown>
  transaction: unknown
}

export function checkedLibsql(client: LibsqlClient): LibsqlClient {
  const { execute, batch, transaction } = Object(client) as Partial<LibsqlClient>
  if ([execute, batch, transaction].every((method) => typeof method === 'function')) return client
  throw new SessionError('BAD_OPTIONS', 'libsqlStore: the first argument must be a client of `@libsql/client`.', {
    fix: 'Give it what `createClient({ url })` returned. The rollback of a transaction would undo what was acknowledged.',
  })
}
