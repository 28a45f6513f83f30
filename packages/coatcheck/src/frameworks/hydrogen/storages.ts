import { customKeeper, remembered, type SessionsOptions, wiredKeeper } from '../../core/face.ts'
import { hydrogenCookie, hydrogenId } from '../../foreign/hydrogen.ts'
import { type MemoryStore, memoryStore } from '../../stores/memory.ts'
import type { CookieOptions } from './config.ts'
import { memoryRows } from './memory-rows.ts'
import { sessionsWith } from './options.ts'
import { type SessionStorageFactory, storageOf } from './storage.ts'

/** Options for sessions in any store of coatcheck. */
export interface StorageOptions
  extends Omit<CookieOptions, 'wire'>,
    Pick<SessionsOptions, 'encryptRecords'>,
    Required<Pick<SessionsOptions, 'store'>> {}

/** Sessions sealed in the cookie itself: nobody can read or change them, and what does not fit throws `COOKIE_TOO_LARGE`. */
export function CookieSessionStorage(name: string, options: CookieOptions = {}): SessionStorageFactory {
  const place = ({ wire }: CookieOptions) => (wire ? { keeper: wiredKeeper(hydrogenCookie()) } : {})
  return storageOf(() => sessionsWith(['cookie'], name, options, place), options)
}

/**
 * Sessions in the memory of this process, by the name of their cookie: they outlive a configuration that is evaluated again, and a
 * module that a development server loads again.
 */
export function MemorySessionStorage(name: string, options: CookieOptions = {}): SessionStorageFactory {
  const place = ({ wire, now = Date.now }: CookieOptions) =>
    wire
      ? {
          keeper: customKeeper(
            kept(ROWS, name, () => memoryRows(now)),
            { writes: hydrogenId() },
          ),
        }
      : { store: kept(STORES, name, () => memoryStore({ now })) }
  return storageOf(() => sessionsWith(['memory'], name, options, place), options)
}

/** Sessions in any store of coatcheck. Make the store outside of `defineConfig({ … })`, which Hydrogen evaluates for each request. */
export function SessionStorage(name: string, options: StorageOptions): SessionStorageFactory {
  const { store, encryptRecords = false, ...rest } = options
  return storageOf(() => sessionsWith(['store', store, encryptRecords], name, rest, () => ({ store, encryptRecords })), rest)
}

const STORES = remembered('hydrogen stores', () => new Map<string, MemoryStore>())
const ROWS = remembered('hydrogen rows', () => new Map<string, ReturnType<typeof memoryRows>>())

function kept<T>(all: Map<string, T>, name: string, make: () => T): T {
  const known = all.get(name) ?? make()
  all.set(name, known)
  return known
}
