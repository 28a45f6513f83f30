import type { DeviceBoundOption, StorageOptions as EngineOptions } from '../../core/adapter.ts'

export interface StorageOptions extends EngineOptions, DeviceBoundOption {
  /** `upstream`: values as Remix 3 writes them. Default: ours, and Remix 3's are read unless `migrateFrom` says otherwise. */
  readonly format?: 'upstream'
}

export interface CookieStorageOptions extends StorageOptions {
  /** The secrets that seal the session. Default: those of the cookie that the middleware is given, else `COATCHECK_SECRET`. */
  readonly secrets?: readonly string[]
}

export interface MemorySessionStorageOptions extends StorageOptions {
  /** Not followed: no id is taken from a client. */
  readonly useUnknownIds?: boolean
}

export interface FsSessionStorageOptions extends StorageOptions {
  /** Not followed: no id is taken from a client. */
  readonly useUnknownIds?: boolean
}

export interface RedisSessionStorageOptions extends StorageOptions {
  /** Default `session:`. */
  readonly keyPrefix?: string
  /** Seconds a session lives from when it was last used. Default 30 days. */
  readonly ttl?: number
  /** Not followed: no id is taken from a client. */
  readonly useUnknownIds?: boolean
}
