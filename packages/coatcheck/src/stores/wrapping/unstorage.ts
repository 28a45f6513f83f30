import { clockOf } from '../../clock.ts'
import { randomText } from '../../crypto/random.ts'
import { SessionError } from '../../errors.ts'
import { inTurn } from '../shared/in-turn.ts'
import { checkName, isName, pageOf } from '../shared/names.ts'
import { checkedOptions } from '../shared/options.ts'
import type { Found, SessionRecord, Store, Version } from '../store.ts'

/** The part of a driver or a storage of unstorage 1 or 2 that is used here; anything of this shape will do. */
export interface UnstorageLike {
  readonly name?: string | undefined
  getItem(key: string): unknown
  setItem?: ((key: string, value: string, options: { readonly ttl: number }) => unknown) | undefined
  removeItem?: ((key: string, options: object) => unknown) | undefined
  getKeys?: ((base: string, options: object) => unknown) | undefined
  getMount?: ((key: string) => unknown) | undefined
}

export interface UnstorageStoreOptions {
  /** Keys begin with it and a colon. Default `coatcheck`. */
  readonly prefix?: string
  /** Milliseconds since the epoch: drivers that remove by themselves (`ttl`) are told how long from now. Default `Date.now`. */
  readonly now?: () => number
  /**
   * Whether the backend may drop live sessions when it is full, as a Redis does whose `maxmemory-policy` is not `noeviction`. Default:
   * true for the drivers that are caches, `lru-cache` and `vercel-runtime-cache`.
   */
  readonly evicts?: boolean
}

/** Without `getKeys` nothing can be listed, so nothing is removed when it has expired but by the backend itself. */
export type UnstorageStore = Store & { readonly consistency: 'last-write-wins' }

/** A file may be met half written by another process: so often it is read before it counts as damaged. */
const MOST_LOOKS = 3
/** Drivers that drop what is live once they are full. */
const CACHES = ['lru-cache', 'vercel-runtime-cache']
/** Backends count their own seconds: a record goes a minute later, never earlier. */
const MARGIN = 60

/**
 * Keeps sessions behind any driver or storage of unstorage. The backend cannot compare before it writes, so the store is declared
 * `last-write-wins`: within this process nothing is lost, but of two processes that change one session at the same moment the later
 * wins, and one that writes while another ends the session may bring it back. Throws `BAD_OPTIONS` for what cannot be written to.
 */
export function unstorageStore(backend: UnstorageLike, options: UnstorageStoreOptions = {}): UnstorageStore {
  const { prefix = 'coatcheck', ...given } = checkedOptions('unstorageStore', options, ['prefix', 'now', 'evicts'])
  const now = clockOf(given.now)
  if (typeof backend?.getItem !== 'function' || typeof backend.setItem !== 'function' || typeof backend.removeItem !== 'function')
    throw new SessionError('BAD_OPTIONS', 'unstorageStore was given no driver or storage of unstorage that can be written to.')
  if (!/^[\w-]+(?::[\w-]+)*$/.test(prefix))
    throw new SessionError(
      'BAD_OPTIONS',
      'unstorageStore: `prefix` may have letters, digits, "_" and "-", and colons between them.',
    )
  const { evicts = CACHES.includes(driverOf(backend, prefix)) } = options
  if (typeof evicts !== 'boolean') throw new SessionError('BAD_OPTIONS', 'unstorageStore: `evicts` must be true or false.')
  const ordered = inTurn(backend)

  async function alone<T>(key: string, act: (place: string) => Promise<T>): Promise<T> {
    checkName('unstorage', key)
    const place = `${prefix}:${key}`
    return ordered(place, () => act(place))
  }

  async function look(place: string): Promise<Found | undefined> {
    for (let looks = 1; ; looks++) {
      const stored = await backend.getItem(place)
      if (stored === null || stored === undefined) return undefined
      const found = foundIn(stored)
      if (found) return found
      if (looks === MOST_LOOKS) throw new SessionError('DAMAGED_RECORD', `What unstorage has for "${place}" is no session.`)
    }
  }

  async function put(place: string, { data, owner, createdAt, endsAt, expiresAt }: SessionRecord): Promise<Version> {
    const version = randomText(9)
    const record = { data, ...(owner !== undefined && { owner }), createdAt, endsAt, expiresAt }
    const ttl = Math.max(0, Math.ceil((expiresAt - now()) / 1000)) + MARGIN
    await backend.setItem?.(place, JSON.stringify({ version, record }), { ttl })
    return version
  }

  async function remove(key: string, isDoomed: (found: Found) => boolean): Promise<boolean> {
    return alone(key, async (place) => {
      const found = await look(place)
      if (!found || !isDoomed(found)) return false
      await backend.removeItem?.(place, {})
      return true
    })
  }

  const store: UnstorageStore = {
    consistency: 'last-write-wins',
    evicts,
    read: (key) => alone(key, look),
    create: (key, record) =>
      alone(key, async (place) => {
        if (record.owner !== undefined) checkName('unstorage', record.owner)
        return (await look(place)) ? undefined : put(place, record)
      }),
    update: (key, { data, expiresAt }, version) =>
      alone(key, async (place) => {
        const found = await look(place)
        return found?.version === version ? put(place, { ...found.record, data, expiresAt }) : undefined
      }),
    delete: (key, version) => remove(key, (found) => found.version === version),
  }
  if (typeof backend.getKeys !== 'function') return store

  async function names(): Promise<string[]> {
    const keys = (await backend.getKeys?.(`${prefix}:`, {})) as readonly string[]
    // Drivers separate as their backend does, and may name what lies beside.
    return keys.flatMap((key) => {
      const place = key.replaceAll(/[/\\]/g, ':')
      const name = place.startsWith(`${prefix}:`) ? place.slice(prefix.length + 1) : ''
      return isName(name) ? [name] : []
    })
  }
  return {
    ...store,
    async list(after = '', limit) {
      const keys = (await names()).filter((name) => name > after).sort()
      return pageOf(keys, limit)
    },
    async prune(before, limit) {
      let pruned = 0
      for (const key of await names()) {
        if (pruned === limit) break
        const isOver = await remove(key, ({ record }) => record.expiresAt <= before).catch(unlessDamaged)
        if (isOver) pruned++
      }
      return pruned
    },
  }
}

/** The name of the driver, or of the one that a storage has mounted for these keys. */
function driverOf(backend: UnstorageLike, prefix: string): string {
  const mount = backend.getMount?.(`${prefix}:`) as { readonly driver?: UnstorageLike } | undefined
  return String(mount?.driver?.name ?? backend.name)
}

/** A damaged record is somebody's to look at; the others are pruned all the same. */
function unlessDamaged(error: unknown): false {
  if (error instanceof SessionError && error.code === 'DAMAGED_RECORD') return false
  throw error
}

/** A storage gives back the object that the text says, a driver mostly the text. */
function foundIn(stored: unknown): Found | undefined {
  try {
    const { version, record }: Found = typeof stored === 'string' ? JSON.parse(stored) : (stored as Found)
    const { data, owner, createdAt, endsAt, expiresAt } = record
    const isSound =
      typeof version === 'string' &&
      typeof data === 'string' &&
      (owner === undefined || typeof owner === 'string') &&
      [createdAt, endsAt, expiresAt].every(Number.isFinite)
    return isSound ? { version, record } : undefined
  } catch {
    return undefined
  }
}
