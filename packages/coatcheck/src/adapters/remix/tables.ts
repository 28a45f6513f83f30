import { clockOf } from '../../clock.ts'
import type { CustomStorage } from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import type { StorageOptions } from './storage.ts'
import { onFunctions } from './storages.ts'
import type { CoatcheckStorage, SessionData } from './types.ts'

type Values = Record<string, unknown>

/** The part of a Workers KV namespace that is used here. */
export interface KvNamespace {
  get(key: string, type: 'json'): Promise<unknown>
  put(key: string, value: string, options?: { expiration?: number }): Promise<unknown>
  delete(key: string): Promise<unknown>
}

export interface KvStorageOptions extends StorageOptions {
  readonly kv: KvNamespace
}

/** 192 random bits, where the framework draws 64. */
const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(24)), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** KV refuses what ends within a minute. */
const expirationOf = (expires: Date, now: number): number => Math.max(Math.round(+expires / 1000), Math.ceil(now / 1000) + 61)

/** In Workers KV, one record a session, in the framework's own layout. KV is eventual: another place may read an old record for a minute. */
export function createWorkersKVSessionStorage<Data = SessionData, FlashData = Data>(
  options: KvStorageOptions,
): CoatcheckStorage<Data, FlashData> {
  const { kv, ...rest } = options
  const now = clockOf(options.now)
  const put = (id: string, data: Values, expires: Date) =>
    kv.put(id, JSON.stringify(data), { expiration: expirationOf(expires, now()) })
  const storage: CustomStorage = {
    async create(data, expires) {
      const id = newId()
      await put(id, data, expires)
      return id
    },
    read: async (id) => (await kv.get(id, 'json')) as Values | null,
    update: put,
    delete: (id) => kv.delete(id),
  }
  return onFunctions(rest, storage)
}

/** The part of a table of @architect/functions that is used here. */
export interface ArcTable {
  get(key: Values): Promise<Values | undefined>
  put(item: Values): Promise<unknown>
  delete(key: Values): Promise<unknown>
}

export interface ArcTableStorageOptions extends StorageOptions {
  /** The table itself, or its name in app.arc. */
  readonly table: ArcTable | string
  /** The name of the key that holds the session's id. */
  readonly idx: string
  /** The name of the attribute that holds its end, in seconds. */
  readonly ttl?: string
}

/** In a table of Architect (DynamoDB), one item a session, in the framework's own layout; what has ended is not read although it is still there. */
export function createArcTableSessionStorage<Data = SessionData, FlashData = Data>(
  options: ArcTableStorageOptions,
): CoatcheckStorage<Data, FlashData> {
  const { table, idx, ttl, ...rest } = options
  const now = clockOf(options.now)
  let opening: Promise<ArcTable> | undefined
  const open = (): Promise<ArcTable> => (opening ??= typeof table === 'string' ? named(table) : Promise.resolve(table))
  const put = async (id: string, data: Values, expires: Date) => {
    for (const key of [idx, ttl]) {
      if (key === undefined || !Object.hasOwn(data, key)) continue
      throw new SessionError('BAD_KEY', `The key ${JSON.stringify(key)} is the table's own.`, {
        fix: 'Give the value another name.',
      })
    }
    return (await open()).put({ ...data, [idx]: id, ...(ttl !== undefined && { [ttl]: Math.round(+expires / 1000) }) })
  }
  const storage: CustomStorage = {
    async create(data, expires) {
      const id = newId()
      await put(id, data, expires)
      return id
    },
    async read(id) {
      const item = await (await open()).get({ [idx]: id })
      if (!item) return null
      const { [idx]: _, ...data } = item
      if (ttl === undefined) return data
      const { [ttl]: end, ...values } = data
      return typeof end === 'number' && end * 1000 <= now() ? null : values
    },
    update: put,
    delete: async (id) => (await open()).delete({ [idx]: id }),
  }
  return onFunctions(rest, storage)
}

/** A table by its name. */
const named = async (name: string): Promise<ArcTable> =>
  (await (await import('../../stores/dynamodb/arc.ts')).arcTable(name)) as ArcTable
