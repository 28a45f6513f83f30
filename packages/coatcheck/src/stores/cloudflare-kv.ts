import { clockOf } from '../clock.ts'
import { randomText } from '../crypto/random.ts'
import { SessionError } from '../errors.ts'
import type { KvClient, KvListOptions } from './cloudflare-kv/client.ts'
import { checkedPrefix, checkName, isName } from './shared/names.ts'
import { checkedOptions } from './shared/options.ts'
import type { Found, Page, SessionRecord, Store, Version } from './store.ts'

export type { KvClient, KvListOptions } from './cloudflare-kv/client.ts'

export interface CloudflareKvStoreOptions {
  /** Keys begin with it and a colon: letters, digits, `_`, `-`, `.` and colons between them. Default `coatcheck`. */
  readonly prefix?: string
  /** Milliseconds since the epoch: KV is told how long from now a record is kept, and a minute more. Default `Date.now`. */
  readonly now?: () => number
}

export type CloudflareKvStore = Store &
  Required<Pick<Store, 'list'>> & { readonly consistency: 'eventual'; readonly maxBytes: number }

/** Seconds. KV counts its own, and takes none shorter. */
const MARGIN = 60
const MOST_LISTED = 1000
/** developers.cloudflare.com/kv/platform/limits */
const MAX_BYTES = 25 * 1024 * 1024

/**
 * Keeps sessions in Workers KV, through the binding of a Worker. KV can neither compare before it writes nor promises to show what was
 * written, so the store is declared `eventual`: for a minute or so other places may see the session as it was, or not at all; of two
 * changes at the same moment the later one wins; and a session that was ended may be seen, or come back by a change under way.
 *
 * Throws `BAD_OPTIONS` for wrong options; calls reject with `STORE_FAILED` and the error of KV.
 */
export function cloudflareKvStore(client: KvClient, options: CloudflareKvStoreOptions = {}): CloudflareKvStore {
  const { prefix = 'coatcheck', ...given } = checkedOptions('cloudflareKvStore', options, ['prefix', 'now'])
  const now = clockOf(given.now)
  if (typeof client?.getWithMetadata !== 'function' || typeof client.put !== 'function')
    throw new SessionError(
      'BAD_OPTIONS',
      'cloudflareKvStore: the first argument must be a KV binding, as in `cloudflareKvStore(env.SESSIONS)`.',
    )
  // A key of KV has at most 512 bytes: this and a key.
  checkedPrefix('cloudflareKvStore', prefix)

  const checked = (name: string): string => {
    checkName('Workers KV', name)
    return name
  }
  const place = (key: string): string => `${prefix}:s:${checked(key)}`
  const ttl = (time: number): number => Math.max(0, Math.ceil((time - now()) / 1000)) + MARGIN

  async function read(key: string): Promise<Found | undefined> {
    const at = place(key)
    const { value, metadata } = await ask(() => client.getWithMetadata(at, 'text'))
    return value === null ? undefined : foundIn(value, metadata)
  }

  async function put(key: string, { data, ...rest }: SessionRecord): Promise<Version> {
    const version = randomText(9)
    await ask(() => client.put(place(key), data, { expirationTtl: ttl(rest.expiresAt), metadata: { version, ...rest } }))
    return version
  }

  async function page(of: KvListOptions): Promise<Page> {
    const { keys, list_complete: isLast, cursor } = await ask(() => client.list(of))
    const names = keys.map(({ name }) => name.slice(of.prefix.length)).filter(isName)
    return isLast || cursor === undefined ? { keys: names } : { keys: names, next: cursor }
  }

  return {
    consistency: 'eventual',
    maxBytes: MAX_BYTES,
    read,

    async create(key, { data, owner, createdAt, endsAt, expiresAt }) {
      if (await read(key)) return undefined
      return put(key, { data, ...(owner !== undefined && { owner: checked(owner) }), createdAt, endsAt, expiresAt })
    },

    async update(key, { data, expiresAt }, version) {
      const found = await read(key)
      return found?.version === version ? put(key, { ...found.record, data, expiresAt }) : undefined
    },

    async delete(key, version) {
      const found = await read(key)
      if (found?.version !== version) return false
      await ask(() => client.delete(place(key)))
      return true
    },

    // No list of an owner's sessions: it could miss one that lives, and whoever ends them all would not know.
    list: (after, limit) =>
      page({ prefix: `${prefix}:s:`, limit: Math.min(limit, MOST_LISTED), ...(after !== undefined && { cursor: after }) }),
  }
}

function foundIn(data: string, metadata: unknown): Found {
  const { version, owner, createdAt, endsAt, expiresAt } = Object(metadata) as Partial<SessionRecord> & { version?: Version }
  if (
    typeof version !== 'string' ||
    typeof createdAt !== 'number' ||
    typeof endsAt !== 'number' ||
    typeof expiresAt !== 'number' ||
    (owner !== undefined && typeof owner !== 'string')
  )
    throw new SessionError('DAMAGED_RECORD', 'What Workers KV has under the key of a session is none.')
  return { record: { data, ...(owner !== undefined && { owner }), createdAt, endsAt, expiresAt }, version }
}

async function ask<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SessionError) throw error
    // Errors of KV have no code; the status of its answer is in the message.
    const isTooOften = /\b429\b|too many requests/i.test(String(error))
    throw new SessionError('STORE_FAILED', `Workers KV could not be used${isTooOften ? ' (429)' : ''}.`, {
      cause: error,
      ...(isTooOften && {
        fix: 'KV takes one write a second for a key. Change a session in fewer requests, or keep it in D1 or a durable object.',
      }),
    })
  }
}
