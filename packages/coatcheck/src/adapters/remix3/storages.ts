import {
  customKeeper,
  type FaceOptions,
  type FaceSessions,
  faceOf,
  remembered,
  sessionsOf,
  wiredKeeper,
} from '../../core/adapter.ts'
import type { ForeignReader } from '../../migrate/format.ts'
import { remix3Files, storedForeign } from '../../migrate/remix3.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { lazyFileStore } from '../remix/lazy.ts'
import { plainId, plainSession } from './formats.ts'
import { type SessionStorage, storageOn } from './inside.ts'
import type {
  CookieStorageOptions,
  FsSessionStorageOptions,
  MemorySessionStorageOptions,
  StorageOptions,
} from './storage-options.ts'

/** The whole session in the cookie's value, sealed. */
export function createCookieSessionStorage(options: CookieStorageOptions = {}): SessionStorage {
  const { wire, ...rest } = options
  let { secrets } = options
  let face: FaceSessions | undefined
  const make = (): FaceSessions => {
    const where = wire ? { keeper: wiredKeeper(plainSession) } : adopting(options, plainSession)
    face ??= faceWith({ ...rest, ...(secrets && { secrets }), ...where })
    return face
  }
  const link = (linked: readonly string[]): void => {
    if (linked.length > 0) secrets ??= linked
  }
  return storageOn(make, { wire: wire !== undefined, isCapped: isCapped(options), link })
}

/** In this process's memory, and while developing also across reloads of the module. `useUnknownIds` is not followed: no id is taken from a client. */
export function createMemorySessionStorage(options: MemorySessionStorageOptions = {}): SessionStorage {
  const { useUnknownIds: _, wire: __, ...rest } = options
  return onStore(rest, rest.now ? memoryStore({ now: rest.now }) : remembered('remix3', () => memoryStore()))
}

/** In files below `directory`, for any number of processes of one machine. Sessions that Remix 3 left there are taken over. */
export function createFsSessionStorage(directory: string, options: FsSessionStorageOptions = {}): SessionStorage {
  const { useUnknownIds: _, wire, ...rest } = options
  const files = remix3Files(directory)
  if (wire) return onKeeper(rest, customKeeper(files, { writes: plainId }))
  const old = storedForeign(plainId, files.read, files.delete)
  return onStore({ ...rest, ...adopting(rest, old) }, lazyFileStore(`${directory}/coatcheck`))
}

/** On any store of Coatcheck's: no write is lost, and an end is final. */
export function createSessionStorage(options: Omit<StorageOptions, 'wire'> & { readonly store: Store }): SessionStorage {
  const { store, ...rest } = options
  return onStore(rest, store)
}

/** A storage on a store. */
export function onStore(options: Omit<StorageOptions, 'wire'>, store: Store): SessionStorage {
  const face = faceWith({ ...options, store })
  return storageOn(() => face, { isCapped: isCapped(options) })
}

/** A storage that is Remix 3's own, value by value. */
export function onKeeper(options: Omit<StorageOptions, 'wire'>, keeper: NonNullable<FaceOptions['keeper']>): SessionStorage {
  const face = faceWith({ ...options, keeper })
  return storageOn(() => face, { wire: true, isCapped: isCapped(options) })
}

type Adopting = Pick<StorageOptions, 'foreign'>

/** Whose sessions are taken over: Remix 3's, unless a list says whose. */
export function adopting({ foreign }: Adopting, own: ForeignReader): Adopting {
  return { foreign: foreign ?? [own] }
}

const isCapped = ({ absoluteTimeout }: StorageOptions): boolean => absoluteTimeout !== undefined

/** In Remix 3 no session ends by itself: here one that nobody uses, and after the longest time that a browser keeps a cookie. */
const faceWith = (options: FaceOptions): FaceSessions => {
  const { absoluteTimeout = 400 * 86_400, idleTimeout = options.absoluteTimeout ?? 30 * 86_400 } = options
  return faceOf(sessionsOf({ secretRule: 'warn', cookie: false, binding: 'remix3', ...options, absoluteTimeout, idleTimeout }))
}
