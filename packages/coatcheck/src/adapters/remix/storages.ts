import { clockOf } from '../../clock.ts'
import { type CustomStorage, customPersistence, processSingleton, upstreamPersistence } from '../../core/adapter.ts'
import { withNames, withoutNames } from '../../migrate/flash-keys.ts'
import { remixCookie, remixFiles, remixId, rowId, storedSessions, textOfId } from '../../migrate/remix.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { type Cookie, type CookieOptions, cookieOf } from './cookies.ts'
import { lazyFileStore } from './lazy.ts'
import { relayedId, relayedSession } from './relay.ts'
import { type StorageOptions, storageOf } from './storage.ts'
import type { CoatcheckStorage, FlashSessionData, SessionData } from './types.ts'

type Values = Record<string, unknown>

/** Where an application keeps sessions itself. Its last writer wins. */
export interface SessionIdStorageStrategy<Data = SessionData, FlashData = Data> {
  cookie?: Cookie | (CookieOptions & { name?: string })
  /** The id of the new record. `expires`: when it ends. */
  createData: (data: FlashSessionData<Data, FlashData>, expires?: Date) => Promise<string>
  readData: (id: string) => Promise<FlashSessionData<Data, FlashData> | null>
  updateData: (id: string, data: FlashSessionData<Data, FlashData>, expires?: Date) => Promise<void>
  deleteData: (id: string) => Promise<void>
}

export interface StoreStorageOptions extends StorageOptions {
  /** Any store of Coatcheck's: no write is lost, and a sign-out is final. */
  readonly store: Store
}

/** A storage on an application's own functions, or on any `store`. An id may be a number, as in Remix; the functions are given it again. */
export function createSessionStorage<Data = SessionData, FlashData = Data>(
  options: (Omit<SessionIdStorageStrategy<Data, FlashData>, 'cookie'> & StorageOptions) | StoreStorageOptions,
): CoatcheckStorage<Data, FlashData> {
  if ('store' in options) {
    const { store, ...rest } = options
    return storageOf(rest, cookieOf(options.cookie), { store })
  }
  const { createData, readData, updateData, deleteData, ...rest } = options
  const told = (data: Values) => data as FlashSessionData<Data, FlashData>
  const known = (id: string) => rowId(id) as string
  const storage: CustomStorage = {
    async create(data, expires) {
      const id: unknown = await createData(told(data), expires)
      return typeof id === 'number' ? textOfId(id) : (id as string)
    },
    read: async (id) => (await readData(known(id))) as Values | null,
    update: (id, data, expires) => updateData(known(id), told(data), expires),
    delete: (id) => deleteData(known(id)),
  }
  return onFunctions(rest, storage)
}

/** A storage over functions whose rows the framework's own storage reads as well. */
export function onFunctions<Data, FlashData>(options: StorageOptions, storage: CustomStorage): CoatcheckStorage<Data, FlashData> {
  const cookie = cookieOf(options.cookie)
  // Without a signature any visitor could name a row.
  const ids = cookie.relay?.isSigned ? [relayedId] : cookie.secrets.length > 0 ? [remixId(cookie.secrets)] : []
  const [writes] = options.format || cookie.relay ? ids : []
  const reads = options.migrateFrom ? [] : ids
  const rows: CustomStorage = {
    create: (data, expires) => storage.create(withoutNames(data), expires),
    async read(id) {
      const row = await storage.read(id)
      return row && withNames(row)
    },
    update: (id, data, expires) => storage.update(id, withoutNames(data), expires),
    delete: (id) => storage.delete(id),
  }
  return storageOf(options, cookie, { persistence: customPersistence(rows, writes ? { writes } : { reads }) })
}

/** The whole session in the cookie, sealed: nobody can read or change it. Over 4096 bytes, `commitSession` rejects with `COOKIE_TOO_LARGE`. */
export function createCookieSessionStorage<Data = SessionData, FlashData = Data>(
  options: StorageOptions = {},
): CoatcheckStorage<Data, FlashData> {
  const cookie = cookieOf(options.cookie)
  if (cookie.relay?.isSigned) return storageOf(options, cookie, { persistence: upstreamPersistence(relayedSession) })
  if (options.format) return storageOf(options, cookie, { persistence: upstreamPersistence(remixCookie(cookie.secrets)) })
  const migrateFrom = options.migrateFrom ?? (cookie.secrets.length > 0 ? [remixCookie(cookie.secrets)] : [])
  return storageOf(options, cookie, { migrateFrom })
}

/** In this process's memory, and while developing also across reloads of the module. */
export function createMemorySessionStorage<Data = SessionData, FlashData = Data>(
  options: StorageOptions = {},
): CoatcheckStorage<Data, FlashData> {
  const cookie = cookieOf(options.cookie)
  // Another clock would find sessions over that are not.
  const { now } = options
  const store = now
    ? memoryStore({ now: clockOf(now) })
    : processSingleton(`remix ${JSON.stringify([cookie.name, cookie.secrets])}`, () => memoryStore())
  return storageOf(options, cookie, { store })
}

export interface FileStorageOptions extends StorageOptions {
  /** The folder; made when it is first needed. */
  readonly dir: string
}

/** In files below `dir`, for any number of processes of one machine. Sessions that Remix left there are taken over. */
export function createFileSessionStorage<Data = SessionData, FlashData = Data>(
  options: FileStorageOptions,
): CoatcheckStorage<Data, FlashData> {
  const { dir, ...rest } = options
  const cookie = cookieOf(options.cookie)
  const files = remixFiles(dir, options.now)
  if (options.format) return onFunctions(rest, files)
  const old = storedSessions(remixId(cookie.secrets), files.read, files.delete)
  const migrateFrom = options.migrateFrom ?? (cookie.secrets.length > 0 ? [old] : [])
  return storageOf(rest, cookie, { store: lazyFileStore(`${dir}/coatcheck`), migrateFrom })
}
