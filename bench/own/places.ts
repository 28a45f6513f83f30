import { join } from 'node:path'
import type { Store } from 'coatcheck'
import { fileStore } from 'coatcheck/stores/file'
import { memoryStore } from 'coatcheck/stores/memory'
import { postgresStore } from 'coatcheck/stores/postgres'
import { redisStore } from 'coatcheck/stores/redis'
import { sqliteStore } from 'coatcheck/stores/sqlite'
import { Pool } from 'pg'
import { createClient } from 'redis'
import type { Engine, Kind, Opened, Tools } from '../setting.ts'

/** A store of ours that is counted, or none: then sessions are sealed in the cookie. */
export interface Place {
  readonly kind: Kind
  readonly needs?: Engine
  open(tools: Tools): Promise<{ store?: Store; close?(): unknown }>
}

let files = 0

export const SEALED: Place = { kind: 'sealed', open: async () => ({}) }
export const MEMORY: Place = { kind: 'memory', open: async () => ({ store: memoryStore() }) }
export const FILE: Place = {
  kind: 'file',
  open: async ({ folder }) => ({ store: fileStore({ directory: join(folder, `files-${files++}`) }) }),
}

export const PLACES: readonly Place[] = [
  SEALED,
  MEMORY,
  {
    kind: 'SQLite',
    async open({ folder }) {
      const store = sqliteStore({ path: join(folder, `sessions-${files++}.db`) })
      return { store, close: () => store.close() }
    },
  },
  FILE,
  {
    kind: 'Redis',
    needs: 'redis',
    async open({ urls: { redis = '' } }) {
      const client = await createClient({ url: redis }).connect()
      return { store: redisStore(client, { onWarning: () => {} }), close: () => client.close() }
    },
  },
  {
    kind: 'PostgreSQL',
    needs: 'postgres',
    async open({ urls: { postgres = '' } }) {
      const pool = new Pool({ connectionString: postgres })
      const store = postgresStore(pool)
      await store.migrate()
      return { store, close: () => pool.end() }
    },
  },
]

/** An object as it is, and how often one of its methods was called since the last look. */
export function counted<T extends object>(
  target: T,
  isCounted: (method: string) => boolean = () => true,
): { target: T; trips(): number } {
  let count = 0
  const get = (_: T, name: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, name, target)
    if (typeof value !== 'function') return value
    return (...given: unknown[]): unknown => {
      if (isCounted(String(name))) count++
      return Reflect.apply(value, target, given)
    }
  }
  const trips = (): number => {
    const sum = count
    count = 0
    return sum
  }
  return { target: new Proxy(target, { get }), trips }
}

/** `store` of the place for this run, through a counter where calls are counted. */
export async function openPlace(place: Place, tools: Tools): Promise<{ store?: Store; rest: Pick<Opened, 'trips' | 'close'> }> {
  const { store, close } = await place.open(tools)
  const closing = close ? { close } : {}
  if (!store || !tools.counts) return { ...(store && { store }), rest: closing }
  const { target, trips } = counted(store)
  return { store: target, rest: { ...closing, trips } }
}

/** A row whose sessions are in a store that the caller hands on. */
export async function openStored(place: Place, tools: Tools, through: (store: Store) => Opened): Promise<Opened> {
  const { store, rest } = await openPlace(place, tools)
  if (!store) throw new Error(`Sessions that are ${place.kind} have no store.`)
  return { ...through(store), ...rest }
}
