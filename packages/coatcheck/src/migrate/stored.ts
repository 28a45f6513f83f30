import { andThen } from '../crypto/maybe.ts'
import { SessionError } from '../errors.ts'
import { remixFlash } from './flash-keys.ts'
import type { IdFormat, OldSession, SessionReader } from './format.ts'
import { valuesOf } from './json.ts'

/**
 * Sessions whose id is in a cookie (of the same name as ours; `{ ...storedSessions(…), cookieName }` for another) and whose values
 * lie elsewhere: `read` gives what is stored under an id, null for nothing, and `remove` takes it away once the session is kept
 * here. What they throw becomes `STORE_FAILED`.
 */
export function storedSessions(
  ids: IdFormat,
  read: (id: string) => Promise<Readonly<Record<string, unknown>> | null | undefined>,
  remove?: (id: string) => Promise<void>,
): SessionReader {
  const find = async (id: string): Promise<OldSession | undefined> => {
    const row = await asked('read', () => read(id))
    if (row === null || row === undefined) return { values: {}, unique: id, gone: true }
    const values = valuesOf(row)
    return values && { ...remixFlash(values), unique: id, ...(remove && { forget: () => asked('delete', () => remove(id)) }) }
  }
  return {
    format: ids.format,
    read: (value, { mayTry }) =>
      andThen(ids.read(value), (id) => (id === undefined || mayTry?.() === false ? undefined : find(id))),
  }
}

/** The answer of another library's store; its failure is `STORE_FAILED` with the cause. */
export async function asked<T>(what: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof SessionError) throw error
    throw new SessionError('STORE_FAILED', `The other library's store failed at "${what}".`, { cause: error })
  }
}
