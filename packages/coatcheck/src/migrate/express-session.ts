/** The format of express-session: a signed id in the cookie, and a record in its store. */
import { andThen } from '../crypto/maybe.ts'
import { checkKinds } from '../errors.ts'
import type { OldSession, SessionReader } from './format.ts'
import { isObject, parseJson, valuesOf } from './json.ts'
import { checked, signer } from './signed.ts'
import { asked } from './stored.ts'
import { unescaped } from './text.ts'

/** The needed part of express-session's store, such as its MemoryStore or that of connect-redis. */
export interface ExpressStore {
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown
  destroy(sid: string, callback: (error?: unknown) => void): unknown
}

export interface ExpressSessionOptions {
  /** As express-session was given it. */
  readonly secret: string | readonly string[]
  readonly store: ExpressStore
  /** Its option `name`. Default `connect.sid`. */
  readonly cookieName?: string
}

/** "s:", whatever of it is percent-encoded: nothing else is decoded. */
const PREFIX = /^"?(?:s|%73)(?::|%3a)/i

/** The sessions of express-session: `s:<id>.<MAC>` in the cookie. What its store reports is `STORE_FAILED`. */
export function expressSession(options: ExpressSessionOptions): SessionReader {
  checkKinds(options, { secret: ['text', 'list of texts'], store: ['object', 'function'], cookieName: 'text' })
  const { secret, store, cookieName = 'connect.sid' } = options
  const { unsign } = signer(checked('secret', typeof secret === 'string' ? [secret] : secret))

  return {
    format: 'express-session',
    cookieName,
    read(value, request) {
      const text = PREFIX.test(value) ? unescaped(value) : undefined
      if (!text?.startsWith('s:')) return undefined
      return andThen(unsign(text.slice('s:'.length), request), (sid) => (sid ? inStore(store, sid, request.now) : undefined))
    },
  }
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
