import { andThen } from '../crypto/maybe.ts'
import { SessionError } from '../errors.ts'
import { remixFlash } from './flash-keys.ts'
import type { IdFormat, OldSession, SessionReader } from './format.ts'
import { isObject, parseJson, valuesOf } from './json.ts'

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

/** The needed part of express-session's store, such as its MemoryStore or that of connect-redis. */
export interface ExpressStore {
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown
  destroy(sid: string, callback: (error?: unknown) => void): unknown
}

/** The session that a store of express-session keeps under an id. */
export async function inStore(store: ExpressStore, sid: string, now: number): Promise<OldSession | undefined> {
  // A store may give the very object that it keeps: what is handed on must be nobody else's.
  const copy = await asked('get', async () => JSON.stringify(await called((done) => store.get(sid, done))))
  const record = parseJson(copy ?? '')
  if (!isObject(record)) return { values: {}, unique: sid, gone: true }
  const { cookie, ...rest } = record
  const expiresAt = endOf(isObject(cookie) ? cookie.expires : undefined)
  const values = valuesOf(rest)
  if (!values || (expiresAt !== undefined && expiresAt <= now)) return undefined
  const forget = () => asked('destroy', async () => void (await called((done) => store.destroy(sid, done))))
  return { values, unique: sid, forget, ...(expiresAt !== undefined && { expiresAt }) }
}

function endOf(expires: unknown): number | undefined {
  const time = typeof expires === 'string' ? Date.parse(expires) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/** The arguments of a store's callback. As in express-session, a missing file is no failure. */
function called(run: (done: (error?: unknown, result?: unknown) => void) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    run((error, result) => {
      if (isObject(error) && error.code === 'ENOENT') resolve(undefined)
      else if (error) reject(error)
      else resolve(result)
    })
  })
}
