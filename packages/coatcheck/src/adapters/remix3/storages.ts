import { LONGEST_AGE } from '../../cookies/cookie.ts'
import {
  type AdapterOptions,
  type AdapterSessions,
  adapterOf,
  customPersistence,
  processSingleton,
  sessionsOf,
  upstreamPersistence,
} from '../../core/adapter.ts'
import { bad } from '../../errors.ts'
import type { SessionReader } from '../../migrate/format.ts'
import { remix3Files, storedSessions } from '../../migrate/remix3.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { lazyFileStore } from '../remix/lazy.ts'
import { type SessionCookie, secretsOf } from './cookie.ts'
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
  const { format, ...rest } = options
  if (rest.deviceBound && !format) return onceLinked(rest, adopting(options, plainSession))
  let { secrets } = options
  let adapter: AdapterSessions | undefined
  const make = (): AdapterSessions => {
    const where = format ? { persistence: upstreamPersistence(plainSession) } : adopting(options, plainSession)
    adapter ??= adapterWith({ ...rest, ...(secrets && { secrets }), ...where })
    return adapter
  }
  const link = (cookie: SessionCookie): void => {
    const linked = secretsOf(cookie)
    if (linked.length > 0) secrets ??= linked
  }
  return storageOn(make, { format: format !== undefined, isCapped: isCapped(options), link })
}

/** In this process's memory, and while developing also across reloads of the module. `useUnknownIds` is not followed: no id is taken from a client. */
export function createMemorySessionStorage(options: MemorySessionStorageOptions = {}): SessionStorage {
  const { useUnknownIds: _, format: __, ...rest } = options
  return onStore(rest, rest.now ? memoryStore({ now: rest.now }) : processSingleton('remix3', () => memoryStore()))
}

/** In files below `directory`, for any number of processes of one machine. Sessions that Remix 3 left there are taken over. */
export function createFsSessionStorage(directory: string, options: FsSessionStorageOptions = {}): SessionStorage {
  const { useUnknownIds: _, format, ...rest } = options
  const files = remix3Files(directory)
  if (format) return onPersistence(rest, customPersistence(files, { writes: plainId }))
  const old = storedSessions(plainId, files.read, files.delete)
  return onStore({ ...rest, ...adopting(rest, old) }, lazyFileStore(`${directory}/coatcheck`))
}

/** On any store of Coatcheck's: no write is lost, and an end is final. */
export function createSessionStorage(options: Omit<StorageOptions, 'format'> & { readonly store: Store }): SessionStorage {
  const { store, ...rest } = options
  return onStore(rest, store)
}

/** A storage on a store. */
export function onStore(options: Omit<StorageOptions, 'format'>, store: Store): SessionStorage {
  if (options.deviceBound) return onceLinked(options, { store })
  const adapter = adapterWith({ ...options, store })
  return storageOn(() => adapter, { isCapped: isCapped(options) })
}

/** A storage whose engine has to know the cookie, which the middleware has. */
function onceLinked(options: Omit<StorageOptions, 'format'>, where: AdapterOptions): SessionStorage {
  let cookie: SessionCookie | undefined
  let adapter: AdapterSessions | undefined
  const make = (): AdapterSessions => {
    if (!cookie)
      throw bad('deviceBound', 'needs the middleware', 'Give this storage to session(cookie, storage) of coatcheck/remix3.')
    const linked = secretsOf(cookie)
    adapter ??= adapterWith({ ...(linked.length > 0 && { secrets: linked }), ...options, ...where, ...engineCookieOf(cookie) })
    return adapter
  }
  const link = (linked: SessionCookie): void => {
    cookie ??= linked
  }
  return storageOn(make, { isBound: true, isCapped: isCapped(options), link })
}

/** The middleware writes the line. */
const engineCookieOf = ({ name, path = '/', domain, sameSite = 'Lax' }: SessionCookie): AdapterOptions => ({
  cookie: { name, persistent: false },
  attributes: {
    ...{ path, httpOnly: true, secure: true, sameSite: sameSite.toLowerCase() as 'lax' },
    ...(domain !== undefined && { domain }),
  },
  serialize: (key, value) => `${key}=${value}`,
})

/** A storage that is Remix 3's own, value by value. */
export function onPersistence(
  options: Omit<StorageOptions, 'format'>,
  persistence: NonNullable<AdapterOptions['persistence']>,
): SessionStorage {
  const adapter = adapterWith({ ...options, persistence })
  return storageOn(() => adapter, { format: true, isCapped: isCapped(options) })
}

type Adopting = Pick<StorageOptions, 'migrateFrom'>

/** Whose sessions are taken over: Remix 3's, unless a list says whose. */
export function adopting({ migrateFrom }: Adopting, own: SessionReader): Adopting {
  return { migrateFrom: migrateFrom ?? [own] }
}

const isCapped = ({ absoluteTimeout }: StorageOptions): boolean => absoluteTimeout !== undefined

/** In Remix 3 no session ends by itself: here one that nobody uses, and after the longest time that a browser keeps a cookie. */
const adapterWith = (options: AdapterOptions): AdapterSessions => {
  const { absoluteTimeout = LONGEST_AGE, idleTimeout = options.absoluteTimeout ?? 30 * 86_400 } = options
  return adapterOf(sessionsOf({ secretRule: 'warn', cookie: false, binding: 'remix3', ...options, absoluteTimeout, idleTimeout }))
}
