import { clockOf } from '../clock.ts'
import { randomText } from '../crypto/random.ts'
import { SessionError } from '../errors.ts'
import { inTurn } from './shared/in-turn.ts'
import { checkName } from './shared/names.ts'
import { checkedOptions } from './shared/options.ts'
import type { Found, SessionRecord, Store, Version } from './store.ts'

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

export type ExpressStore = Store & { readonly consistency: 'last-write-wins' }

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
  const alone = inTurn(store)

  async function look(key: string): Promise<Found | undefined> {
    checkName('express-session', key)
    const kept = (await called((done) => store.get(key, done))) as Partial<Kept> | null | undefined
    if (kept === undefined || kept === null) return undefined
    if (isSound(kept.coatcheck)) return kept.coatcheck
    throw new SessionError('DAMAGED_RECORD', 'What the store of express-session has under a key of ours is no session of ours.')
  }

  async function put(key: string, { data, owner, createdAt, endsAt, expiresAt }: SessionRecord): Promise<Version> {
    const version = randomText(9)
    const record = { data, ...(owner !== undefined && { owner }), createdAt, endsAt, expiresAt }
    const left = expiresAt - now() + MARGIN
    const expires = new Date(realTime() + left).toISOString()
    const kept: Kept = {
      cookie: { originalMaxAge: left, expires, httpOnly: true, path: '/' },
      coatcheck: { version, record },
    }
    await called((done) => store.set(key, kept as never, done))
    return version
  }

  return {
    consistency: 'last-write-wins',
    read: look,
    create: (key, record) => alone(key, async () => ((await look(key)) ? undefined : put(key, record))),
    update: (key, { data, expiresAt }, version) =>
      alone(key, async () => {
        const found = await look(key)
        return found?.version === version ? put(key, { ...found.record, data, expiresAt }) : undefined
      }),
    delete: (key, version) =>
      alone(key, async () => {
        if ((await look(key))?.version !== version) return false
        await called((done) => store.destroy(key, done))
        return true
      }),
  }
}

function isSound(found: Found | undefined): found is Found {
  const { data, owner, createdAt, endsAt, expiresAt } = found?.record ?? {}
  return (
    typeof found?.version === 'string' &&
    typeof data === 'string' &&
    (owner === undefined || typeof owner === 'string') &&
    [createdAt, endsAt, expiresAt].every(Number.isFinite)
  )
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
