import { clockOf } from '../../clock.ts'
import { mayAwaitOthers } from '../../crypto/workers.ts'
import { SessionError } from '../../errors.ts'
import { checkedOptions } from '../shared/options.ts'
import { DEAF, NO_FACTS, type Offered, offered } from '../shared/wrapped.ts'
import type { Found, SessionRecord, Store } from '../store.ts'

export interface CachedOptions {
  /** How long a read may be answered from memory, in seconds counted from when the backend was asked. */
  readonly seconds: number
  /** Most records held at once; those that were not used for the longest time go. Default 10 000. */
  readonly maxEntries?: number
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
}

export type CachedStore<S extends Store> = Omit<Offered<S>, 'consistency'> & { readonly consistency: 'eventual' }

interface Entry {
  readonly found: Found
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** A call of the backend that is under way. */
interface Call {
  readonly began: number
  /** There for a read. */
  answer?: Promise<Found | undefined>
}

/** What says that sessions were ended is of no use when it is old: it is always asked for. */
const NEVER_KEPT = /(?:^|_)epoch-\w+$/

/** A read that takes longer is joined by no other: what never answers must not stop those that come later. In milliseconds. */
const JOINED = 1000

/**
 * A store whose records are also kept in this process's memory for a while, so that most reads need no round trip.
 *
 * What other processes do is seen up to `seconds` later, so the store is declared `eventual`: a session that was ended or changed there
 * can still be read here for so long. It cannot be written any more, for every write still goes by its version: nothing is lost, and
 * nothing comes back. What this process writes itself it sees at once. Throws `BAD_OPTIONS`.
 */
export function cached<S extends Store>(store: S, options: CachedOptions): CachedStore<S> {
  const given = checkedOptions('cached', options, ['seconds', 'maxEntries', 'now'])
  const { seconds, maxEntries = 10_000 } = given
  const now = clockOf(given.now)
  if (!Number.isFinite(seconds) || seconds <= 0) throw bad(`seconds must be a positive number, not ${seconds}`)
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1)
    throw bad(`maxEntries must be a whole number from 1, not ${maxEntries}`)
  /** The least recently used first. */
  const entries = new Map<string, Entry>()
  /** For each key the call that began last, unless a write has finished since: only what this one finds is news. */
  const newest = new Map<string, Call>()

  function begin(key: string): Call {
    const call: Call = { began: now() }
    newest.set(key, call)
    return call
  }

  function keep(key: string, found: Found, { began }: Call): void {
    // Another process may have moved the end of a session: when it seems to be over the backend is asked.
    const until = Math.min(began + seconds * 1000, found.record.expiresAt)
    entries.delete(key)
    entries.set(key, { found, until })
    const [oldest] = entries.keys()
    if (oldest !== undefined && entries.size > maxEntries) entries.delete(oldest)
  }

  function inMemory(key: string): Found | undefined {
    const entry = entries.get(key)
    entries.delete(key)
    if (!entry || entry.until <= now()) return undefined
    entries.set(key, entry) // used last
    return entry.found
  }

  async function fetched(key: string, call: Call): Promise<Found | undefined> {
    try {
      const found = frozen(await store.read(key))
      if (found && newest.get(key) === call) keep(key, found, call)
      return found
    } finally {
      if (newest.get(key) === call) newest.delete(key)
    }
  }

  /**
   * While a write is under way nothing is kept of what was known, and afterwards nothing of what reads find that began before it was
   * done: after one that failed or was refused, nobody here knows what is there.
   */
  async function writing<T>(key: string, run: () => Promise<T>, written: (answer: T) => Found | undefined): Promise<T> {
    const call = begin(key)
    entries.delete(key)
    let found: Found | undefined
    try {
      const answer = await run()
      if (newest.get(key) === call) found = written(answer)
      return answer
    } finally {
      newest.delete(key)
      entries.delete(key)
      if (found) keep(key, frozen(found), call)
    }
  }

  const nothing = (): undefined => undefined
  const { maxBytes } = store
  return {
    consistency: 'eventual',
    ...(maxBytes !== undefined && { maxBytes }),
    get evicts() {
      return store.evicts === true
    },
    async read(key) {
      if (NEVER_KEPT.test(key)) return store.read(key)
      const found = inMemory(key)
      if (found) return found
      const other = newest.get(key)
      if (mayAwaitOthers && other?.answer && now() - other.began < Math.min(JOINED, seconds * 1000)) return other.answer
      const call = begin(key)
      call.answer = fetched(key, call)
      return call.answer
    },
    create(key, given, from) {
      const record = copyOf(given)
      const { keepUntil } = given
      return writing(
        key,
        () => store.create(key, keepUntil === undefined ? record : { ...record, keepUntil }, from),
        (version) => (version === undefined ? undefined : { record, version }),
      )
    },
    update(key, record, version) {
      const before = entries.get(key)?.found
      const base = before?.version === version ? before.record : undefined
      const { data, expiresAt } = record
      return writing(
        key,
        () => store.update(key, record, version),
        (next) => (next === undefined || !base ? undefined : { record: { ...base, data, expiresAt }, version: next }),
      )
    },
    delete: (key, version) => writing(key, () => store.delete(key, version), nothing),
    ...offered(store, {
      touch: (key, expiresAt, version) =>
        writing(key, async () => (await store.touch?.(key, expiresAt, version)) === true, nothing),
      async watch({ told, lost }) {
        // What is known of it is not true any more, nor what reads find that began before.
        const forget = (key: string): void => {
          newest.delete(key)
          entries.delete(key)
          told(key)
        }
        return (await store.watch?.({ told: forget, lost })) ?? DEAF
      },
      listByOwner: async (owner) => (await store.listByOwner?.(owner)) ?? [],
      list: async (after, limit) => (await store.list?.(after, limit)) ?? { keys: [] },
      async prune(before, limit) {
        try {
          return (await store.prune?.(before, limit)) ?? 0
        } finally {
          newest.clear()
          for (const [key, { found }] of entries) if (found.record.expiresAt <= before) entries.delete(key)
        }
      },
      about: async () => (await store.about?.()) ?? NO_FACTS,
      migrate: async () => store.migrate?.(),
      async close() {
        entries.clear()
        await store.close?.()
      },
    }),
  } as CachedStore<S>
}

/** Several readers are given the same one. */
function frozen<F extends Found | undefined>(found: F): F {
  if (found) Object.freeze(found.record)
  return Object.freeze(found)
}

/** Only the fields that a read gives back, as they are now. */
function copyOf({ data, owner, createdAt, endsAt, expiresAt }: SessionRecord): SessionRecord {
  return { data, ...(owner !== undefined && { owner }), createdAt, endsAt, expiresAt }
}

const bad = (what: string): SessionError => new SessionError('BAD_OPTIONS', `cached: ${what}.`)
