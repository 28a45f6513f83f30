import { LONGEST_AGE } from '../../cookies/cookie.ts'
import { customPersistence } from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import { remixFlash, withFlash } from '../../migrate/flash-keys.ts'
import { isObject, parseJson } from '../../migrate/json.ts'
import { storedSessions } from '../../migrate/stored.ts'
import { unstorageStore } from '../../stores/wrapping/unstorage.ts'
import { plainId } from './formats.ts'
import type { SessionStorage } from './inside.ts'
import { createSessionId } from './session.ts'
import type { RedisSessionStorageOptions } from './storage-options.ts'
import { adopting, onPersistence, onStore } from './storages.ts'

/** The part of a Redis client that is used here. */
export interface RedisSessionStorageClient {
  get(key: string): unknown
  set(key: string, value: string): unknown
  del(key: string): unknown
  /** Without it `expire` after `set`; without both, Redis keeps every record. */
  setEx?(key: string, ttlSeconds: number, value: string): unknown
  expire?(key: string, ttlSeconds: number): unknown
}

type Values = Record<string, unknown>

/**
 * In Redis by these few calls, so the last writer wins. Keys are digests: who reads them opens nothing. Sessions that Remix 3 left there
 * are taken over. Throws `BAD_OPTIONS` for a client that lacks a method.
 */
export function createRedisSessionStorage(
  client: RedisSessionStorageClient,
  options: RedisSessionStorageOptions = {},
): SessionStorage {
  const { keyPrefix = 'session:', ttl, useUnknownIds: _, format, ...rest } = options
  for (const method of ['get', 'set', 'del'] as const) {
    if (typeof client?.[method] !== 'function') throw lacking(`${method}()`)
  }
  if (ttl !== undefined && !client.setEx && !client.expire) throw lacking('setEx() or expire(), which `ttl` needs')
  const { absoluteTimeout, idleTimeout = ttl === undefined ? undefined : Math.max(1, Math.floor(ttl)) } = rest
  const idle = idleTimeout === undefined ? {} : { idleTimeout: Math.min(idleTimeout, absoluteTimeout ?? LONGEST_AGE) }
  const times = { ...rest, ...idle }

  async function put(key: string, value: string, seconds: number | undefined): Promise<void> {
    if (seconds !== undefined && client.setEx) await client.setEx(key, seconds, value)
    else {
      await client.set(key, value)
      if (seconds !== undefined) await client.expire?.(key, seconds)
    }
  }

  const placeOf = (id: string): string => keyPrefix + id
  const theirs = {
    async read(id: string): Promise<Values | null> {
      const text = await client.get(placeOf(id))
      if (text === null || text === undefined) return null
      const pair = parseJson(String(text))
      // Our own records there are named by a digest, and no ticket names them.
      if (isObject(pair)) return null
      const [values, flash] = Array.isArray(pair) ? pair : []
      if (isObject(values) && isObject(flash)) return withFlash(values, flash)
      throw new SessionError('DAMAGED_RECORD', 'Redis holds no session of Remix 3 under this key.')
    },
    async create(data: Values): Promise<string> {
      const id = createSessionId()
      await theirs.update(id, data)
      return id
    },
    async update(id: string, data: Values): Promise<void> {
      const { values, flash } = remixFlash(data)
      await put(placeOf(id), JSON.stringify([values, flash]), idleTimeout)
    },
    delete: async (id: string): Promise<void> => void (await client.del(placeOf(id))),
  }
  if (format) return onPersistence(times, customPersistence(theirs, { writes: plainId }))

  const backend = {
    getItem: async (key: string) => client.get(key),
    setItem: (key: string, value: string, how: { readonly ttl: number }) => put(key, value, Math.max(1, Math.ceil(how.ttl))),
    removeItem: async (key: string) => client.del(key),
  }
  const store = unstorageStore(backend, { prefix: keyPrefix.replace(/:$/, ''), ...(rest.now && { now: rest.now }) })
  return onStore({ ...times, ...adopting(rest, storedSessions(plainId, theirs.read, theirs.delete)) }, store)
}

const lacking = (what: string): SessionError =>
  new SessionError('BAD_OPTIONS', `The Redis client of createRedisSessionStorage has no ${what}.`, {
    fix: 'Pass a client of the package redis (4 and later), or an object with these methods.',
  })
