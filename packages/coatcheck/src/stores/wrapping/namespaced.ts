import { SessionError } from '../../errors.ts'
import { checkName } from '../shared/names.ts'
import { DEAF, NO_FACTS, type Offered, offered } from '../shared/wrapped.ts'
import type { Found, SessionRecord, Store } from '../store.ts'

/** Without `close`: the store may be shared, and is closed by whoever opened it. */
export type NamespacedStore<S extends Store> = Omit<Offered<S>, 'close'>

/** Names of records and owners have 128 characters at most, and the digests of the engine 64. */
const LONGEST = 128

/**
 * A part of a store, for several sites in one table or keyspace: its keys and owners begin with `prefix` and `_`, and it sees no others.
 *
 * `prefix`: 1 to 63 of a-z, 0-9 and `-`, or `BAD_OPTIONS` is thrown. Names that are too long beside it are refused with `BAD_KEY`;
 * those of the engine, which have 64 characters, are not. `prune` removes what has expired in the whole store, as expired is expired.
 */
export function namespaced<S extends Store>(store: S, prefix: string): NamespacedStore<S> {
  if (typeof prefix !== 'string' || !/^[a-z0-9-]{1,63}$/.test(prefix)) {
    throw new SessionError('BAD_OPTIONS', 'namespaced: the prefix must be 1 to 63 of a-z, 0-9 and "-".')
  }
  // No prefix has this sign, so none begins like another.
  const begin = `${prefix}_`
  const inside = (name: string): string => {
    checkName('namespaced', name)
    if (begin.length + name.length <= LONGEST) return begin + name
    const fix = `Give it names of at most ${LONGEST - begin.length} characters, or a shorter prefix.`
    throw new SessionError('BAD_KEY', 'The namespaced store was given a name that is too long with its prefix.', { fix })
  }
  const owned = (record: SessionRecord): SessionRecord =>
    record.owner === undefined ? record : { ...record, owner: inside(record.owner) }
  const own = (keys: readonly string[]): string[] =>
    keys.flatMap((key) => (key.startsWith(begin) ? [key.slice(begin.length)] : []))

  const { consistency, maxBytes } = store
  return {
    ...(consistency !== undefined && { consistency }),
    ...(maxBytes !== undefined && { maxBytes }),
    get evicts() {
      return store.evicts === true
    },
    async read(key) {
      const found = await store.read(inside(key))
      return found && outside(found, begin)
    },
    create: async (key, record, from) => store.create(inside(key), owned(record), from === undefined ? from : inside(from)),
    update: async (key, record, version) => store.update(inside(key), owned(record), version),
    delete: async (key, version) => store.delete(inside(key), version),
    ...offered(store, {
      touch: async (key, expiresAt, version) => (await store.touch?.(inside(key), expiresAt, version)) === true,
      listByOwner: async (owner) => own((await store.listByOwner?.(inside(owner))) ?? []),
      async list(after, limit) {
        const { keys, ...more } = (await store.list?.(after, limit)) ?? { keys: [] }
        return { keys: own(keys), ...more }
      },
      async readMany(keys) {
        const all = (await store.readMany?.(keys.map(inside))) ?? []
        return all.map((found) => found && outside(found, begin))
      },
      async watch({ told, lost }) {
        const listening = await store.watch?.({
          told: (key) => {
            if (key.startsWith(begin)) told(key.slice(begin.length))
          },
          lost,
        })
        return listening ?? DEAF
      },
      prune: async (before, limit) => (await store.prune?.(before, limit)) ?? 0,
      about: async () => (await store.about?.()) ?? NO_FACTS,
      migrate: async () => store.migrate?.(),
    }),
  } as NamespacedStore<S>
}

function outside({ record, version }: Found, begin: string): Found {
  const { owner, ...rest } = record
  return { record: owner === undefined ? record : { ...rest, owner: owner.slice(begin.length) }, version }
}
