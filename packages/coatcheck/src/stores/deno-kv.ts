import { clockOf } from '../clock.ts'
import { SessionError } from '../errors.ts'
import { type DenoKv, type DenoKvCommit, type DenoKvKey, type DenoKvList, isDenoKv } from './deno-kv/client.ts'
import { foundIn, type Stored, stampOf, stored, versionOf } from './deno-kv/values.ts'
import { checkName } from './shared/names.ts'
import { checkedOptions } from './shared/options.ts'
import type { Store } from './store.ts'

export type { DenoKv, DenoKvCommit, DenoKvEntry, DenoKvKey, DenoKvList, DenoKvOperation } from './deno-kv/client.ts'

export interface DenoKvStoreOptions {
  /** The first part of every key: text of at most 100 characters. Default `coatcheck`. */
  readonly prefix?: string
  /** Milliseconds since the epoch: Deno KV is told how long from now a record is kept, and a minute more. Default `Date.now`. */
  readonly now?: () => number
}

export type DenoKvStore = Store & Required<Pick<Store, 'maxBytes' | 'listByOwner' | 'list'>>

/** A value has 65 536 bytes as it is stored: the data and, in less than 400 bytes, the owner, three times and their names. */
const MAX_BYTES = 65_000
/** Deno KV counts by its own clock: a record goes a minute later, never earlier. */
const MARGIN = 60_000
/** A lifetime in milliseconds, three centuries, beyond which Deno KV is told none: it refuses times that are too far. */
const FAR = 1e13
/** In one answer; what is beyond costs another round trip. Records come whole when keys are listed. */
const MOST_ENTRIES = 500
const MOST_RECORDS = 100
/** Milliseconds that a call waits in all. The engine gives it two seconds; the store's own error is to come first. */
const PATIENCE = 1500
const LONGEST_PAUSE = 32

/**
 * Keeps sessions in Deno KV, the one on disk or the one of Deno Deploy, through what `await Deno.openKv()` gives.
 *
 * Every verb is one call. A write is one atomic operation that also keeps the list of an owner's sessions. `data` may have 65 000
 * bytes. Expired records are removed by Deno KV, at some time after a minute has passed; there is nothing to prune.
 *
 * Throws `BAD_OPTIONS` for wrong options; calls reject with `STORE_FAILED` and Deno's error, and with `DAMAGED_RECORD` for a value
 * that is not the store's. The store does not close `kv`.
 */
export function denoKvStore(kv: DenoKv, options: DenoKvStoreOptions = {}): DenoKvStore {
  const { prefix = 'coatcheck', ...given } = checkedOptions('denoKvStore', options, ['prefix', 'now'])
  const now = clockOf(given.now)
  if (!isDenoKv(kv)) throw wrong('the first argument must be what `await Deno.openKv()` gives')
  if (typeof prefix !== 'string' || prefix.length < 1 || prefix.length > 100 || !prefix.isWellFormed())
    throw wrong('`prefix` must be text of 1 to 100 characters')

  const sessions: DenoKvKey = [prefix, 's']
  const sessionAt = (key: string): DenoKvKey => [...sessions, named(key)]
  const ownedBy = (owner: string): DenoKvKey => [prefix, 'o', named(owner)]
  const keptUntil = (time: number): { expireIn?: number } => {
    const expireIn = Math.max(0, Math.ceil(time - now())) + MARGIN
    return expireIn < FAR ? { expireIn } : {}
  }

  return {
    maxBytes: MAX_BYTES,

    async read(key) {
      const at = sessionAt(key)
      const { value, versionstamp } = await attempt(() => kv.get(at))
      return versionstamp === null ? undefined : foundIn(value, versionstamp)
    },

    async create(key, record) {
      const at = sessionAt(key)
      const write = kv.atomic().check({ key: at, versionstamp: null }).set(at, stored(record), keptUntil(record.expiresAt))
      if (record.owner !== undefined) write.set([...ownedBy(record.owner), key], 1, keptUntil(record.endsAt))
      const done: DenoKvCommit = await attempt(() => write.commit())
      return done.ok ? versionOf(done.versionstamp, record) : undefined
    },

    async update(key, { data, expiresAt }, version) {
      const at = sessionAt(key)
      const known = stampOf(version)
      if (!known) return undefined
      const { versionstamp, fixed } = known
      const value: Stored = stored({ ...fixed, data, expiresAt })
      const write = kv.atomic().check({ key: at, versionstamp }).set(at, value, keptUntil(expiresAt))
      const done: DenoKvCommit = await attempt(() => write.commit())
      return done.ok ? versionOf(done.versionstamp, fixed) : undefined
    },

    async delete(key, version) {
      const at = sessionAt(key)
      const known = stampOf(version)
      if (!known) return false
      const { versionstamp, fixed } = known
      const write = kv.atomic().check({ key: at, versionstamp }).delete(at)
      if (fixed.owner !== undefined) write.delete([...ownedBy(fixed.owner), key])
      return (await attempt(() => write.commit())).ok
    },

    async listByOwner(owner) {
      const begin = ownedBy(owner)
      return attempt(() => lastParts(kv.list({ prefix: begin }, { batchSize: MOST_ENTRIES })))
    },

    async list(after, limit) {
      const page = { limit, batchSize: Math.min(limit, MOST_RECORDS), ...(after !== undefined && { cursor: after }) }
      return attempt(async () => {
        const entries = kv.list({ prefix: sessions }, page)
        const keys = await lastParts(entries)
        return keys.length < limit ? { keys } : { keys, next: entries.cursor }
      })
    },
  }
}

/** The part in which keys that begin alike differ. */
async function lastParts(entries: DenoKvList): Promise<string[]> {
  const parts: string[] = []
  for await (const { key } of entries) parts.push(String(key.at(-1)))
  return parts
}

function named(name: string): string {
  checkName('Deno KV', name)
  return name
}

/** Tries again while another process writes to the same file: nothing was written then, and the error has no code. */
async function attempt<T>(call: () => Promise<T>): Promise<T> {
  for (let waited = 0, pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await call()
    } catch (cause) {
      const isLocked = cause instanceof Error && cause.message.includes('database is locked')
      if (!isLocked) throw new SessionError('STORE_FAILED', 'Deno KV could not be used.', { cause })
      if (waited >= PATIENCE) throw lockedTooLong(cause)
      const time = Math.min(Math.ceil(pause * (1 + Math.random())), PATIENCE - waited)
      await new Promise((resolve) => setTimeout(resolve, time))
      waited += time
    }
  }
}

const lockedTooLong = (cause: unknown): SessionError =>
  new SessionError('STORE_FAILED', `The file of Deno KV was locked by another process for ${PATIENCE} ms.`, {
    cause,
    fix: 'Let one process use the file, or keep the sessions where many are served: Deno Deploy, or a database.',
  })

const wrong = (what: string): SessionError => new SessionError('BAD_OPTIONS', `denoKvStore: ${what}.`)
