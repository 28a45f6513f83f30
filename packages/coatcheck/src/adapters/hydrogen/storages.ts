import { clockOf } from '../../clock.ts'
import {
  customPersistence,
  processSingleton,
  type SessionsOptions,
  sharedOptions,
  upstreamPersistence,
} from '../../core/adapter.ts'
import { hydrogenCookie, hydrogenId } from '../../migrate/hydrogen.ts'
import { memoryStore } from '../../stores/memory.ts'
import { type CookieOptions, checked, KINDS } from './config.ts'
import { memoryRows } from './memory-rows.ts'
import { sessionsWith } from './options.ts'
import { type SessionStorageFactory, storageOf } from './storage.ts'

/** Options for sessions in any store of coatcheck. */
export interface StorageOptions
  extends Omit<CookieOptions, 'format'>,
    Pick<SessionsOptions, 'encryptRecords'>,
    Required<Pick<SessionsOptions, 'store'>> {}

/** Sessions sealed in the cookie itself: nobody can read or change them, and what does not fit throws `COOKIE_TOO_LARGE`. */
export function CookieSessionStorage(name: string, options: CookieOptions = {}): SessionStorageFactory {
  const place = ({ format }: CookieOptions) => (format ? { persistence: upstreamPersistence(hydrogenCookie()) } : {})
  return storageOf(() => sessionsWith(['cookie'], name, options, place), checked(name, options))
}

/**
 * Sessions in the memory of this process, by the name of their cookie and what else is said of it: they outlive a configuration that is
 * evaluated again, and a module that a development server loads again.
 */
export function MemorySessionStorage(name: string, options: CookieOptions = {}): SessionStorageFactory {
  checked(name, options)
  const place = ({ format, now }: CookieOptions) =>
    format
      ? {
          persistence: customPersistence(
            kept('rows', name, options, () => memoryRows(now)),
            { writes: hydrogenId() },
          ),
        }
      : { store: kept('store', name, options, () => memoryStore({ now: clockOf(now) })) }
  return storageOf(() => sessionsWith(['memory'], name, options, place), options)
}

/** Sessions in any store of coatcheck. Make the store outside of `defineConfig({ … })`, which Hydrogen evaluates for each request. */
export function SessionStorage(name: string, options: StorageOptions): SessionStorageFactory {
  const { store, encryptRecords = false, ...rest } = checked(name, options)
  return storageOf(() => sessionsWith(['store', store, encryptRecords], name, rest, () => ({ store, encryptRecords })), rest)
}

type Memories = Map<string, object>

const MEMORIES = processSingleton('hydrogen', (): { readonly all: Memories; readonly byClock: WeakMap<object, Memories> } => ({
  all: new Map(),
  byClock: new WeakMap(),
}))

/** Two configurations share nothing, unless they say the same of the cookie and go by the same clock. */
function kept<T extends object>(kind: string, name: string, options: CookieOptions, make: () => T): T {
  const { now } = options
  const memories = now ? (MEMORIES.byClock.get(now) ?? new Map<string, object>()) : MEMORIES.all
  if (now) MEMORIES.byClock.set(now, memories)
  const { expires: _, ...kinds } = KINDS
  const { migrateFrom: __, migrateUntil: ___, ...shared } = sharedOptions(options)
  const said = Object.keys(kinds).map((option) => options[option as keyof typeof kinds])
  const key = JSON.stringify([kind, name, said, options.absoluteTimeout, shared]) // without functions
  const known = memories.get(key) ?? make()
  memories.set(key, known)
  return known as T
}
