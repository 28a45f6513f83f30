import { clockOf } from '../../clock.ts'
import { type CustomStorage, customKeeper, remembered, wiredKeeper } from '../../core/face.ts'
import { remixCookie, remixFiles, remixId, storedForeign } from '../../foreign/remix.ts'
import { memoryStore } from '../../stores/memory.ts'
import type { Store } from '../../stores/store.ts'
import { cookieOf } from './cookies.ts'
import type { SessionStorage } from './interface.ts'
import { lazyFileStore } from './lazy.ts'
import { type StorageOptions, storageOf } from './storage.ts'

type Values = Record<string, unknown>

/** Where an application keeps sessions itself. Its last writer wins. */
export interface SessionIdStorageStrategy<Data = Values, Flash = Data> extends StorageOptions {
  /** The id of the new record. `expires`: when it ends. */
  createData(data: FlashData<Data, Flash>, expires?: Date): Promise<string>
  readData(id: string): Promise<FlashData<Data, Flash> | null>
  updateData(id: string, data: FlashData<Data, Flash>, expires?: Date): Promise<void>
  deleteData(id: string): Promise<void>
}

export type FlashData<Data, Flash> = Partial<Data & { [Key in keyof Flash as `__flash_${Key & string}__`]: Flash[Key] }>

export interface StoreStorageOptions extends StorageOptions {
  /** Any store of Coatcheck's: no write is lost, and a sign-out is final. */
  readonly store: Store
}

/** A storage on an application's own functions, or on any `store`. */
export function createSessionStorage<Data = Values, Flash = Data>(
  options: SessionIdStorageStrategy<Data, Flash> | StoreStorageOptions,
): SessionStorage<Data, Flash> {
  if ('store' in options) {
    const { store, ...rest } = options
    return storageOf(rest, cookieOf(options.cookie), { store })
  }
  const { createData, readData, updateData, deleteData, ...rest } = options
  const storage: CustomStorage = {
    create: (data, expires) => createData(data as FlashData<Data, Flash>, expires),
    read: async (id) => (await readData(id)) as Values | null,
    update: (id, data, expires) => updateData(id, data as FlashData<Data, Flash>, expires),
    delete: (id) => deleteData(id),
  }
  return onFunctions(rest, storage)
}

/** A storage over functions whose rows the framework's own storage reads as well. */
export function onFunctions<Data, Flash>(options: StorageOptions, storage: CustomStorage): SessionStorage<Data, Flash> {
  const cookie = cookieOf(options.cookie)
  // Without a signature any visitor could name a row.
  const ids = cookie.secrets.length > 0 ? [remixId(cookie.secrets)] : []
  const [writes] = options.wire ? ids : []
  const reads = options.foreign ? [] : ids
  return storageOf(options, cookie, { keeper: customKeeper(storage, writes ? { writes } : { reads }) })
}

/** The whole session in the cookie, sealed: nobody can read or change it. Over 4096 bytes, `commitSession` rejects with `COOKIE_TOO_LARGE`. */
export function createCookieSessionStorage<Data = Values, Flash = Data>(
  options: StorageOptions = {},
): SessionStorage<Data, Flash> {
  const cookie = cookieOf(options.cookie)
  if (options.wire) return storageOf(options, cookie, { keeper: wiredKeeper(remixCookie(cookie.secrets)) })
  const foreign = options.foreign ?? (cookie.secrets.length > 0 ? [remixCookie(cookie.secrets)] : [])
  return storageOf(options, cookie, { foreign })
}

/** In this process's memory, and while developing also across reloads of the module. */
export function createMemorySessionStorage<Data = Values, Flash = Data>(
  options: StorageOptions = {},
): SessionStorage<Data, Flash> {
  const cookie = cookieOf(options.cookie)
  // Another clock would find sessions over that are not.
  const { now } = options
  const store = now
    ? memoryStore({ now: clockOf(now) })
    : remembered(`remix ${JSON.stringify([cookie.name, cookie.secrets])}`, () => memoryStore())
  return storageOf(options, cookie, { store })
}

export interface FileStorageOptions extends StorageOptions {
  /** The folder; made when it is first needed. */
  readonly dir: string
}

/** In files below `dir`, for any number of processes of one machine. Sessions that Remix left there are taken over. */
export function createFileSessionStorage<Data = Values, Flash = Data>(options: FileStorageOptions): SessionStorage<Data, Flash> {
  const { dir, ...rest } = options
  const cookie = cookieOf(options.cookie)
  const files = remixFiles(dir, options.now)
  if (options.wire) return onFunctions(rest, files)
  const old = storedForeign(remixId(cookie.secrets), files.read, files.delete)
  const foreign = options.foreign ?? (cookie.secrets.length > 0 ? [old] : [])
  return storageOf(rest, cookie, { store: lazyFileStore(`${dir}/coatcheck`), foreign })
}
