import { SessionError } from '../errors.ts'
import { checkedMemoryOptions, type MemoryStoreOptions } from './memory/options.ts'
import { copyOf, type Entry, Records } from './memory/records.ts'
import { Listeners } from './shared/listeners.ts'
import { promising, type SessionRecord, type Store, type Version } from './store.ts'

export type { MemoryStoreOptions }

/** The memory store offers everything a store can offer, except what needs a disk. */
export type MemoryStore = Store & Required<Pick<Store, 'touch' | 'listByOwner' | 'list' | 'prune' | 'watch'>>

/** Core knows by it that each copy of a module has records of its own (core/shared-sites.ts). */
const IN_MEMORY = Symbol.for('coatcheck.memory')
const DROPPED_AT_EACH_CREATE = 8

/**
 * Keeps sessions in this process: for tests, for development, and for one server that may forget them when it stops.
 *
 * Expired records go a few at a time as new ones come. A full store makes room for a new one by dropping what has expired; then what is
 * past its `keepUntil`; then the guest's session that was used least recently; then, of the owner who has most with the new one, the
 * session that was used least recently. Somebody else's only session, and what the new one is to take the place of, never go: when
 * nothing else is there, `create` rejects with `STORE_FAILED`. No call takes more steps than the logarithm of how many records there
 * are, beyond one for each that it lists or removes. Throws `BAD_OPTIONS` for wrong and unknown options.
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { maxSessions, maxSessionsPerOwner, now, onEvict } = checkedMemoryOptions(options)
  const records = new Records()
  const listeners = new Listeners()

  /** Takes out what has to make room for a session of `owner`, which takes the place of `from`. */
  function makeRoom(time: number, owner: string | undefined, from: Entry | undefined): Entry[] {
    const gone: Entry[] = []
    const remove = (entry: Entry): void => {
      // A record past its `keepUntil` is no session any more.
      if (!entry.pin && entry.record.expiresAt > time) gone.push(entry)
      records.remove(entry)
      listeners.tell(entry.key)
    }
    const oneTooMany = () => (owner === undefined ? undefined : records.overLimit(owner, maxSessionsPerOwner, from))
    for (let entry = oneTooMany(); entry; entry = oneTooMany()) remove(entry)
    if (records.size >= maxSessions) remove(records.victim(time, owner, from) ?? full(maxSessions))
    return gone
  }

  function tell(gone: readonly Entry[]): void {
    for (const { key, record } of gone) {
      const failed = (error: unknown) => console.error('coatcheck: onEvict threw; the request goes on.', error)
      try {
        const promised: unknown = onEvict(key, record)
        if (promised !== undefined) void Promise.resolve(promised).then(undefined, failed)
      } catch (error) {
        failed(error)
      }
    }
  }

  const store: MemoryStore = {
    read: promising((key: string) => {
      const entry = records.use(key)
      return entry && { record: entry.record, version: entry.version }
    }),

    create: promising((key: string, given: SessionRecord, from?: string) => {
      if (records.get(key)) return undefined
      const record = copyOf(given, given)
      const time = now()
      records.dropExpired(time, DROPPED_AT_EACH_CREATE)
      const owner = given.keepUntil === undefined ? record.owner : undefined
      const gone = makeRoom(time, owner, from === undefined ? undefined : records.get(from))
      const version = records.add(key, record, given.keepUntil)
      tell(gone)
      return version
    }),

    update: promising((key: string, given: SessionRecord, version: Version) => {
      const next = records.replace(key, given, version)
      if (next !== undefined && given.tells) listeners.tell(key)
      return next
    }, true),

    delete: promising((key: string, version: Version) => {
      const entry = records.holding(key, version)
      if (entry) {
        records.remove(entry)
        listeners.tell(key)
      }
      return entry !== undefined
    }),

    touch: promising((key: string, expiresAt: number, version: Version) => {
      const entry = records.holding(key, version)
      if (entry && entry.record.expiresAt < expiresAt) {
        records.prolong(entry, copyOf(entry.record, { data: entry.record.data, expiresAt }))
      }
      return entry !== undefined
    }),

    listByOwner: async (owner) => records.keysOf(owner),
    list: async (after, limit) => records.page(after, limit),
    prune: async (before, limit) => records.dropExpired(before, limit),
    watch: async (listener) => listeners.add(listener),
  }
  return Object.defineProperty(store, IN_MEMORY, { value: true })
}

function full(maxSessions: number): never {
  const why = 'each is the only one of somebody signed in, is just being replaced, or leads from an old id to its new one'
  throw new SessionError(
    'STORE_FAILED',
    `The memory store is full: ${maxSessions} sessions are alive and none may go, as ${why}.`,
    {
      fix: 'Raise `maxSessions`, shorten the timeouts, or use a store on disk.',
    },
  )
}
