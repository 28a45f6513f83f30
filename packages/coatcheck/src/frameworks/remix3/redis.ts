import { unstorageStore } from '../../stores/unstorage.ts'
import { onStore, type SessionStorage, type StorageOptions } from './storages.ts'

/** The part of a Redis client that is used here. */
export interface RedisClient {
  get(key: string): Promise<unknown>
  set(key: string, value: string): Promise<unknown>
  setEx?(key: string, seconds: number, value: string): Promise<unknown>
  del(key: string): Promise<unknown>
}

export interface RedisStorageOptions extends StorageOptions {
  /** Default `session`. */
  readonly keyPrefix?: string
  /** Seconds a session lives from when it began. Default 30 days. */
  readonly ttl?: number
  readonly useUnknownIds?: boolean
}

/** In Redis by these few calls, so the last writer wins. Keys are digests: who reads them opens nothing. */
export function createRedisSessionStorage(client: RedisClient, options: RedisStorageOptions = {}): SessionStorage {
  const { keyPrefix = 'session', ttl, useUnknownIds: _, wire: __, ...rest } = options
  const backend = {
    getItem: (key: string) => client.get(key),
    setItem: (key: string, value: string, how: { readonly ttl: number }) =>
      client.setEx ? client.setEx(key, Math.max(1, Math.ceil(how.ttl)), value) : client.set(key, value),
    removeItem: (key: string) => client.del(key),
  }
  const store = unstorageStore(backend, { prefix: keyPrefix.replace(/:$/, ''), ...(rest.now && { now: rest.now }) })
  return onStore({ ...rest, ...(ttl !== undefined && { absoluteTimeout: Math.max(1, Math.floor(ttl)) }) }, store)
}
