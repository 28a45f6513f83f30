import { digest } from '../../../crypto/digest.ts'
import { andThen, type Maybe } from '../../../crypto/maybe.ts'
import { SessionError } from '../../../errors.ts'
import type { Found, SessionRecord, Store } from '../../../stores/store.ts'
import type { Engine } from '../../engine.ts'
import { type Contents, largest, MAX_TEXT } from '../../model/contents.ts'
import type { RefusalReason } from '../../model/events.ts'

/** The text of a record, or why it cannot be read. */
export type OpenedText = { readonly text: string; readonly stale: boolean } | RefusalReason

type Meta = Omit<SessionRecord, 'data'>

/** Stands for a record that cannot be read. */
export const NO_RECORD: SessionRecord = { data: '', createdAt: 0, endsAt: 0, expiresAt: 0 }

/** Bytes kept free in a store with a limit, so that a record of any size can become a forwarding record. */
const ROOM = 1024

/** The text of records: sealed when that is asked for, and no longer than the store takes. */
export class RecordTexts {
  readonly #store: Store
  readonly #engine: Engine

  constructor(store: Store, engine: Engine) {
    this.#store = store
    this.#engine = engine
  }

  /** `contents`: of a session's text, for which some room is kept free. Throws `RECORD_TOO_LARGE`. */
  record(key: string, text: string, meta: Meta, contents?: Contents): Maybe<SessionRecord> {
    const { keyring, encryptRecords } = this.#engine
    if (!encryptRecords || !keyring) return this.#checked(text, meta, contents)
    return andThen(keyring.seal('record', context(key, meta), text), (data) => this.#checked(data, meta, contents))
  }

  #checked(data: string, { owner, createdAt, endsAt, expiresAt, keepUntil, tells }: Meta, contents?: Contents): SessionRecord {
    const most = this.#store.maxBytes ?? Number.POSITIVE_INFINITY
    const limit = Math.min(most - (contents ? ROOM : 0), MAX_TEXT)
    // UTF-8 takes at most three bytes for a UTF-16 unit: most records need no counting.
    if (data.length * 3 > limit && new TextEncoder().encode(data).length > limit) {
      const room = limit === MAX_TEXT ? '' : ` (the store takes ${most}, and ${ROOM} are kept free for a new id)`
      const what = `The session is over ${limit} bytes${room}.`
      throw new SessionError('RECORD_TOO_LARGE', contents ? `${what} Its largest values: ${largest(contents)}.` : what)
    }
    const times = { createdAt, endsAt, expiresAt, ...(keepUntil !== undefined && { keepUntil }), ...(tells && { tells }) }
    return owner === undefined ? { data, ...times } : { data, owner, ...times }
  }

  open(key: string, record: SessionRecord): Maybe<OpenedText> {
    const { keyring, encryptRecords, acceptUnsigned } = this.#engine
    // Records in the clear are JSON. Accepting them where sealed ones are expected would let whoever can write to the store in.
    if (record.data.startsWith('{'))
      return encryptRecords && !acceptUnsigned ? 'corrupt' : { text: record.data, stale: encryptRecords }
    return keyring ? keyring.open('record', context(key, record), record.data) : 'unknown-key'
  }
}

/**
 * What a store found, or undefined when it is no record: a seal is bound to the owner and the times, and pages are told them. A copy, since
 * the object is the store's.
 */
export function checkedRecord(found: Found): Found | undefined {
  try {
    const { record, version } = found
    const { data, owner, createdAt, endsAt, expiresAt, keepUntil } = record
    const areTimes = [createdAt, endsAt, expiresAt, keepUntil ?? 0].every((time) => typeof time === 'number')
    if (typeof data !== 'string' || !areTimes || (owner !== undefined && typeof owner !== 'string')) return undefined
    const times = { createdAt, endsAt, expiresAt, ...(keepUntil !== undefined && { keepUntil }) }
    return { record: { data, ...times, ...(owner !== undefined && { owner }) }, version }
  } catch {
    return undefined
  }
}

/** The data that a seal is bound to. Not the idle end: a touch moves that without opening the record. */
const context = (key: string, { owner = '', createdAt, endsAt }: Meta) => [key, owner, `${createdAt}`, `${endsAt}`]

export function ownerDigest(owner: string): Maybe<string> {
  return digest('owner', owner)
}
