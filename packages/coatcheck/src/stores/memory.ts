import { randomText } from '../crypto/random.ts'
import { SessionError } from '../errors.ts'
import type { Found, Page, SessionRecord, Store } from './store.ts'

export interface MemoryStoreOptions {
  /** Most records held at once. Default 100 000, which is about 100 MB of small sessions. */
  readonly maxSessions?: number
  /** Milliseconds since the epoch, for telling what has expired when room is needed. Default `Date.now`. */
  readonly now?: () => number
  /** Told of every session that was still alive and had to go to make room for a new one: its visitor starts afresh. */
  readonly onEvict?: (key: string, record: SessionRecord) => void
}

/** The memory store offers everything a store can offer, except what needs a disk. */
export type MemoryStore = Store & Required<Pick<Store, 'touch' | 'listByOwner' | 'list' | 'prune'>>

interface Entry extends Found {
  /** Place in the order of creation, which is also the map's own order: where a listing goes on. */
  readonly place: number
}

const VERSION_BYTES = 9
const SWEPT_AT_EACH_CREATE = 8

/**
 * Keeps sessions in this process: for tests, for development, and for one server that may forget them when it stops.
 *
 * Expired records go a few at a time as new ones come. A full store makes room by dropping what has expired, then the
 * session without owner that was used least recently; when all are alive and owned, `create` throws `STORE_FAILED`.
 * Throws `BAD_OPTIONS` when `maxSessions` is not a whole number of at least 1.
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxSessions = 100_000, now = () => Date.now(), onEvict } = options
  if (!Number.isSafeInteger(maxSessions) || maxSessions < 1) {
    throw new SessionError('BAD_OPTIONS', `memoryStore: maxSessions must be a whole number of at least 1, not ${maxSessions}.`)
  }
  const entries = new Map<string, Entry>()
  const owners = new Map<string, Set<string>>()
  /** Keys of sessions without owner, the least recently used first. */
  const guests = new Set<string>()
  /** Stays open from one create to the next, so that each goes on where the last one stopped. */
  let sweep = entries.entries()
  let places = 0
  /** No record expires before this, so that a full store is not searched in vain for each new one. */
  let nothingExpiresBefore = Number.POSITIVE_INFINITY

  function put(key: string, { data, owner, createdAt, endsAt, expiresAt }: SessionRecord, version: string, place: number): void {
    const times = { createdAt, endsAt, expiresAt }
    const record = Object.freeze(owner === undefined ? { data, ...times } : { data, owner, ...times })
    entries.set(key, Object.freeze({ record, version, place }))
    nothingExpiresBefore = Math.min(nothingExpiresBefore, expiresAt)
  }

  function remove(key: string, { record: { owner } }: Entry): void {
    entries.delete(key)
    guests.delete(key)
    if (owner === undefined) return
    const keys = owners.get(owner)
    keys?.delete(key)
    if (keys?.size === 0) owners.delete(owner)
  }

  /** The entry, marked as just used. */
  function use(key: string): Entry | undefined {
    const entry = entries.get(key)
    if (entry && guests.delete(key)) guests.add(key)
    return entry
  }

  function holding(key: string, version: string): Entry | undefined {
    const entry = use(key)
    return entry?.version === version ? entry : undefined
  }

  function dropExpired(time: number, limit: number): number {
    let dropped = 0
    let soonest = Number.POSITIVE_INFINITY
    for (const [key, entry] of entries) {
      if (dropped === limit) return dropped
      if (entry.record.expiresAt <= time) {
        remove(key, entry)
        dropped++
      } else {
        soonest = Math.min(soonest, entry.record.expiresAt)
      }
    }
    nothingExpiresBefore = soonest
    return dropped
  }

  function sweepAFew(time: number): void {
    for (let seen = 0; seen < SWEPT_AT_EACH_CREATE; seen++) {
      const { done, value } = sweep.next()
      if (done) {
        sweep = entries.entries()
        return
      }
      if (value[1].record.expiresAt <= time) remove(...value)
    }
  }

  function makeRoom(time: number): void {
    if (nothingExpiresBefore <= time && dropExpired(time, Number.POSITIVE_INFINITY) > 0) return
    const [key] = guests
    const entry = key === undefined ? undefined : entries.get(key)
    if (key === undefined || entry === undefined) {
      throw new SessionError('STORE_FAILED', `The memory store is full: ${maxSessions} sessions, all alive and signed in.`, {
        fix: 'Raise `maxSessions`, shorten the timeouts, or use a store on disk.',
      })
    }
    remove(key, entry)
    onEvict?.(key, entry.record)
  }

  return {
    async read(key) {
      const entry = use(key)
      return entry && { record: entry.record, version: entry.version }
    },

    async create(key, record) {
      if (entries.has(key)) return undefined
      const time = now()
      sweepAFew(time)
      if (entries.size >= maxSessions) makeRoom(time)
      const version = randomText(VERSION_BYTES)
      put(key, record, version, ++places)
      const { owner } = record
      const keys = owner === undefined ? guests : owners.get(owner)
      if (keys) keys.add(key)
      else if (owner !== undefined) owners.set(owner, new Set([key]))
      return version
    },

    async update(key, { data, expiresAt }, version) {
      const entry = holding(key, version)
      if (!entry) return undefined
      const next = randomText(VERSION_BYTES)
      put(key, { ...entry.record, data, expiresAt }, next, entry.place)
      return next
    },

    async delete(key, version) {
      const entry = holding(key, version)
      if (entry) remove(key, entry)
      return entry !== undefined
    },

    async touch(key, expiresAt, version) {
      const entry = holding(key, version)
      if (entry && entry.record.expiresAt < expiresAt) put(key, { ...entry.record, expiresAt }, version, entry.place)
      return entry !== undefined
    },

    async listByOwner(owner) {
      return [...(owners.get(owner) ?? [])]
    },

    async list(after, limit) {
      const keys: string[] = []
      let last = after === undefined ? 0 : Number(after)
      for (const [key, { place }] of entries) {
        if (place <= last) continue
        if (keys.length === limit) return { keys, next: String(last) } satisfies Page
        keys.push(key)
        last = place
      }
      return { keys } satisfies Page
    },

    async prune(before, limit) {
      return dropExpired(before, limit)
    },
  }
}
