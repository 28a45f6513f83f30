import { clockOf } from '../clock.ts'
import { SessionError } from '../errors.ts'
import type { MemcachedClient, MemcachedReply } from './memcached/client.ts'
import { failed } from './memcached/wire.ts'
import { checkedPrefix, checkName } from './shared/names.ts'
import { checkedOptions } from './shared/options.ts'
import { fixedOf, parseRecord, parseVersion, recordText, versionText } from './shared/record-text.ts'
import type { SessionRecord, Store, Version } from './store.ts'

export type { MemcachedClient, MemcachedConnection, MemcachedReply } from './memcached/client.ts'
export { type MemcachedClientOptions, memcachedClient, type OwnMemcachedClient } from './memcached/connect.ts'

export interface MemcachedStoreOptions {
  /** Keys begin with it and a colon: letters, digits, `_`, `-`, `.` and colons between them. Default `coatcheck`. */
  readonly prefix?: string
  /**
   * Longest data of a session in bytes: 1024 less than the server takes (its option `-I`, 1 MiB unless told otherwise). Default 1047552.
   * A write of more than the server takes would end the session.
   */
  readonly maxBytes?: number
  /** Milliseconds since the epoch: the server is told how long from now a record is kept, and a minute more. Default `Date.now`. */
  readonly now?: () => number
}

export type MemcachedStore = Store & Required<Pick<Store, 'maxBytes'>> & { readonly evicts: true }

const MIB = 1_048_576
const HEADROOM = 1_024
/** Seconds. What is over is kept a minute longer, because the clocks of several servers differ. */
const MARGIN = 60
/** Seconds. A longer time memcached takes for a date, by its own clock, so that a day is added. */
const LONGEST_TIME = 30 * 86_400
const DAY = 86_400
/** Seconds since the epoch; memcached takes no later date, and 0 for never. */
const LATEST_DATE = 2 ** 31 - 1

/**
 * Keeps sessions in one memcached 1.6, which forgets them all when it restarts, and the ones not used for the longest time when it is
 * full: then people are signed out.
 *
 * It lists nothing, and removes by itself what has expired. The client, `memcachedClient()` or one of this shape, stays the application's to
 * close. Throws `BAD_OPTIONS` for wrong options; calls reject with `STORE_FAILED`.
 */
export function memcachedStore(client: MemcachedClient, options: MemcachedStoreOptions = {}): MemcachedStore {
  const given = checkedOptions('memcachedStore', options, ['prefix', 'maxBytes', 'now'])
  const { prefix = 'coatcheck', maxBytes = MIB - HEADROOM } = given
  const now = clockOf(given.now)
  if (typeof client?.connection !== 'function')
    throw wrong('the first argument must be a client, as `memcachedClient()` makes one')
  checkedPrefix('memcachedStore', prefix)
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) throw wrong('`maxBytes` must be a number of bytes')

  const place = (key: string): string => {
    checkName('memcached', key)
    return `${prefix}:${key}`
  }

  /** Asks this run of the server only; `undefined` where it is over. */
  async function ask(
    command: string,
    value?: Uint8Array,
    ofRun?: string,
  ): Promise<(MemcachedReply & { run: string }) | undefined> {
    try {
      const { run, ask } = await client.connection()
      // A restarted server counts from the beginning: an old number could be that of another record now.
      return ofRun === undefined || ofRun === run ? { ...(await ask(command, value)), run } : undefined
    } catch (error) {
      throw error instanceof SessionError ? error : failed('could not be used', error)
    }
  }

  function ttl(expiresAt: number): number {
    const left = Math.max(0, Math.ceil((expiresAt - now()) / 1000)) + MARGIN
    if (left <= LONGEST_TIME) return left
    const date = Math.ceil(expiresAt / 1000) + DAY
    return date <= LATEST_DATE ? date : 0
  }

  /** `how` is what must be the case for it to be kept. */
  async function write(
    at: string,
    fixed: string,
    record: Pick<SessionRecord, 'data' | 'expiresAt'>,
    how: string,
    ofRun?: string,
  ): Promise<Version | undefined> {
    const value = encoder.encode(recordText(fixed, record))
    const reply = await ask(`ms ${at} ${value.length} ${how} c T${ttl(record.expiresAt)}`, value, ofRun)
    if (!reply || saysNo(reply, ['NS', 'EX', 'NF'])) return undefined
    return versionOf(reply, fixed)
  }

  return {
    maxBytes,
    // Unless started with `-M`, which it does not tell; and all is gone when it restarts.
    evicts: true,

    async read(key) {
      const reply = await ask(`mg ${place(key)} v c`)
      if (!reply || saysNo(reply, ['EN'])) return undefined
      if (!reply.value) throw failed('gave no value')
      const stored = parseRecord(decoder.decode(reply.value))
      if (!stored) throw new SessionError('DAMAGED_RECORD', 'What memcached has for this key is no session.')
      return { record: stored.record, version: versionOf(reply, stored.fixed) }
    },

    async create(key, record) {
      if (record.owner !== undefined) checkName('memcached', record.owner)
      return write(place(key), fixedOf(record), record, 'ME')
    },

    async update(key, record, version) {
      const at = place(key)
      const known = countedVersion(version)
      return known && write(at, known.fixed, record, `C${known.count}`, known.run)
    },

    async delete(key, version) {
      const at = place(key)
      const known = countedVersion(version)
      const reply = known && (await ask(`md ${at} C${known.count}`, undefined, known.run))
      return reply !== undefined && !saysNo(reply, ['EX', 'NF'])
    },
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Whether it says no in one of these ways. Anything but that and yes is a failure. */
function saysNo({ code }: MemcachedReply, no: readonly string[]): boolean {
  if (no.includes(code)) return true
  if (code === 'HD' || code === 'VA') return false
  throw failed(`answered ${JSON.stringify(code)}`)
}

function versionOf({ flags, run }: MemcachedReply & { run: string }, fixed: string): Version {
  const count = flags.find((flag) => /^c\d+$/.test(flag))?.slice(1)
  if (count === undefined) throw failed('gave no version: it may be older than 1.6')
  return versionText(`${run}.${count}`, fixed)
}

function countedVersion(version: Version): { run: string; count: string; fixed: string } | undefined {
  const known = parseVersion(version)
  const [, run, count] = /^([\w-]+)\.(\d{1,20})$/.exec(known?.own ?? '') ?? []
  return known && run !== undefined && count !== undefined ? { run, count, fixed: known.fixed } : undefined
}

const wrong = (what: string): SessionError => new SessionError('BAD_OPTIONS', `memcachedStore: ${what}.`)
