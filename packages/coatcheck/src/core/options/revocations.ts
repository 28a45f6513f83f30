import type { Store } from '../../stores/store.ts'
import { bad, checkStore, DAY, kind, seconds } from './checks.ts'

export interface RevocationOptions {
  /** Where it is kept which sessions were ended. A `strong` store that drops nothing; it may keep other sessions as well. */
  readonly store: Store
  /** Seconds for which a process goes by what it has looked up. 0: it looks with every request. Default 0. */
  readonly every?: number
  /**
   * Whether sessions in which somebody is signed in have an entry each in the store, so that `list`, `find`, `end` and `maxPerOwner` know them.
   * An entry is written with each commit. For sealed sessions, and stores with `listByOwner`. Default false.
   */
  readonly list?: boolean
}

const EVERY = seconds(0, DAY, undefined, 0)

const isStore = (given: Store | RevocationOptions): given is Store => typeof (given as Partial<Store>).read === 'function'

export function checkRevocations(given: unknown): undefined {
  if (typeof given !== 'object' || given === null || isStore(given as Store) || !('store' in given))
    return checkStore(given, 'revocations')
  const { store, every = 0, list = false, ...others } = given as Partial<RevocationOptions>
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) throw bad(`revocations.${unknown}`, 'does not exist', 'Known are store, every, list.')
  checkStore(store, 'revocations.store')
  const fix = EVERY.check?.(every)
  if (fix) throw bad('revocations.every', `is ${kind(every)}`, fix)
  if (typeof list !== 'boolean') throw bad('revocations.list', `is ${kind(list)}`, 'Give true or false.')
  if (list && typeof store?.listByOwner !== 'function')
    throw bad(
      'revocations.list',
      'is set, and the store cannot list the sessions of an owner',
      'Give a store with `listByOwner`.',
    )
  return undefined
}

/** With everything said, and `every` in milliseconds. Throws `BAD_OPTIONS` for a store that cannot be final, and for sessions that have no id. */
export function revocationsOf(
  revocations: Store | RevocationOptions | undefined,
  persistence: unknown,
): Required<RevocationOptions> | undefined {
  if (!revocations) return undefined
  const { store, every = 0, list = false } = isStore(revocations) ? { store: revocations } : revocations
  const { consistency = 'strong', evicts } = store
  const give = 'Give a store whose `consistency` is `strong` and that drops nothing, such as redisStore or postgresStore.'
  if (consistency !== 'strong') throw bad('revocations', `is a store that promises \`${consistency}\` only`, give)
  if (evicts) throw bad('revocations', 'is a store that drops records to make room', give)
  if (persistence)
    throw bad(
      'revocations',
      "is set where sessions are kept by the application's own functions, or in another library's cookie",
      "Leave it out, or use this library's own cookies or a store.",
    )
  return { store, every: every * 1000, list }
}
