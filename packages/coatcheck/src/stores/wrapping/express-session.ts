import { clockOf } from '../../clock.ts'
import { SessionError } from '../../errors.ts'
import { checkedOptions } from '../shared/options.ts'
import { type OverwritingStore, overwritingStore } from '../shared/overwriting.ts'
import type { Found } from '../store.ts'

/** A store that was written for express-session, such as that of connect-redis. */
export interface ExpressStoreLike {
  get(sid: string, callback: (error?: unknown, session?: unknown) => void): unknown
  set(sid: string, session: never, callback?: (error?: unknown) => void): unknown
  destroy(sid: string, callback?: (error?: unknown) => void): unknown
}

export interface ExpressStoreOptions {
  /** Milliseconds since the epoch: the store is told how long from now. Default `Date.now`. */
  readonly now?: () => number
}

export type ExpressStore = OverwritingStore

/** Its store goes by its own clock: a record goes a minute later, never earlier. In milliseconds. */
const MARGIN = 60_000
const realTime = clockOf(undefined)

/** A record as such a store takes it: it reads `cookie` for the end, and keeps the rest as JSON. */
interface Kept {
  readonly cookie: {
    readonly originalMaxAge: number
    readonly expires: string
    readonly httpOnly: true
    readonly path: '/'
  }
  readonly coatcheck: Found
}

/**
 * Keeps sessions in a store that was written for express-session. Such a store cannot compare before it writes, so this one is declared
 * `last-write-wins`: within this process nothing is lost, but of two processes that change one session at the same moment the later wins,
 * and one that writes while another ends the session may bring it back. Throws `BAD_OPTIONS` for what is no such store.
 */
export function expressStore(store: ExpressStoreLike, options: ExpressStoreOptions = {}): ExpressStore {
  const now = clockOf(checkedOptions('expressStore', options, ['now']).now)
  if (![store?.get, store?.set, store?.destroy].every((method) => typeof method === 'function')) {
    throw new SessionError('BAD_OPTIONS', 'expressStore was given no store of express-session.', {
      fix: 'Give an object with get(), set() and destroy(), such as new RedisStore({ client }) of connect-redis.',
    })
  }
  return overwritingStore({
    library: 'express-session',
    backend: store,
    get: (key) => called((done) => store.get(key, done)),
    set(key, { coatcheck }) {
      const left = coatcheck.record.expiresAt - now() + MARGIN
      const expires = new Date(realTime() + left).toISOString()
      const kept: Kept = { cookie: { originalMaxAge: left, expires, httpOnly: true, path: '/' }, coatcheck }
      return called((done) => store.set(key, kept as never, done))
    },
    remove: (key) => called((done) => store.destroy(key, done)),
  })
}

/** What a callback was told. As in express-session, a missing file is no failure. */
function called(run: (done: (error?: unknown, result?: unknown) => void) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const promised = run((error, result) => {
      if ((error as { readonly code?: unknown } | undefined)?.code === 'ENOENT') resolve(undefined)
      else if (error) reject(error)
      else resolve(result)
    })
    // Some stores are async, and reject instead of calling back.
    if (promised instanceof Promise) promised.catch(reject)
  })
}
