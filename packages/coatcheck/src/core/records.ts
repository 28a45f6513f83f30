import { digest } from '../crypto/digest.ts'
import { SessionError } from '../errors.ts'
import type { Found, SessionRecord, Store } from '../stores/store.ts'
import { type Body, decode, EMPTY, encodeBody, encodePointer, largest, MAX_TEXT, type Pointer } from './body.ts'
import type { Engine, Life } from './engine.ts'
import type { RefusalReason } from './events.ts'
import { callStore } from './store-call.ts'

/** A record as it was read or written. */
export interface Known {
  readonly key: string
  readonly version: string
  /** Its place among the calls of this process: a read counts from when it began, a write from when it was done. */
  readonly at: number
  readonly record: SessionRecord
  readonly body: Body
  /** The session moved to another key. */
  readonly pointer?: Pointer
  /** Sealed with a secret that is not the newest. */
  readonly stale: boolean
  /** The record cannot be read; it is never replaced or removed for that. */
  readonly fault?: RefusalReason
  readonly error?: SessionError
}

/** Store calls in the engine's terms: bodies instead of text, sealed when asked for, every call limited in time and size. */
export class Records {
  readonly store: Store
  readonly #engine: Engine
  #calls = 0

  constructor(store: Store, engine: Engine) {
    this.store = store
    this.#engine = engine
  }

  async read(key: string): Promise<Known | undefined> {
    const at = ++this.#calls
    let found: Found | undefined
    try {
      found = await callStore(this.#engine, 'read', () => this.store.read(key))
    } catch (error) {
      if (!(error instanceof SessionError) || error.code !== 'DAMAGED_RECORD') throw error
      return { key, version: '', at, record: NO_RECORD, body: EMPTY, stale: false, fault: 'corrupt', error }
    }
    if (!found) return undefined
    const { record, version } = found
    const known: Known = { key, version, at, record, body: EMPTY, stale: false }
    if (typeof record?.data !== 'string') return { ...known, fault: 'corrupt' }
    const opened = await this.#unseal(key, record)
    if (typeof opened === 'string') return { ...known, fault: opened }
    const decoded = decode(opened.text)
    if (typeof decoded === 'string') return { ...known, fault: decoded }
    // A record copied under another key would open somebody else's session.
    if (decoded.frame.key !== key.slice(0, KEY_CHECK)) return { ...known, fault: 'corrupt' }
    return { ...known, stale: opened.stale, body: decoded.body ?? EMPTY, ...(decoded.pointer && { pointer: decoded.pointer }) }
  }

  /** undefined: the key is taken. `from`: the key of what it is to take the place of. */
  async create(key: string, body: Body, life: Life, from?: string): Promise<Known | undefined> {
    const owner = body.owner === undefined ? undefined : await ownerDigest(body.owner)
    const record = await this.#record(
      key,
      encodeBody(body, frameOf(key)),
      { ...life, ...(owner !== undefined && { owner }) },
      body,
    )
    const version = await callStore(this.#engine, 'create', () => this.store.create(key, record, from))
    return version === undefined ? undefined : { key, version, at: ++this.#calls, record, body, stale: false }
  }

  /** undefined: `known` is not what is there any more. */
  async update(known: Known, body: Body, life: Life): Promise<Known | undefined> {
    const record = await this.#record(
      known.key,
      encodeBody(body, frameOf(known.key)),
      { ...known.record, expiresAt: life.expiresAt },
      body,
    )
    return this.#replace({ key: known.key, record, body, stale: false }, known)
  }

  /** A pointer where there is nothing yet; false: the key is taken. */
  async createPointer(key: string, pointer: Pointer, life: Life): Promise<boolean> {
    const record = await this.#record(key, encodePointer(pointer, frameOf(key)), life, EMPTY)
    return (await callStore(this.#engine, 'create', () => this.store.create(key, record))) !== undefined
  }

  /** Replaces a record by a pointer, which ends when the record would have: it does not slide. */
  async point(known: Known, pointer: Pointer): Promise<Known | undefined> {
    const record = await this.#record(known.key, encodePointer(pointer, frameOf(known.key)), known.record, EMPTY)
    return this.#replace({ key: known.key, record, body: EMPTY, pointer, stale: false }, known)
  }

  delete(known: Known): Promise<boolean> {
    return callStore(this.#engine, 'delete', () => this.store.delete(known.key, known.version))
  }

  /** Moves the idle end; a slide that loses against a write is dropped, since whoever wrote has slid. */
  async touch(known: Known, life: Life): Promise<Known> {
    const { store } = this
    if (!store.touch || known.stale) return (await this.update(known, known.body, life)) ?? known
    await callStore(this.#engine, 'touch', async () => store.touch?.(known.key, life.expiresAt, known.version))
    return { ...known, record: { ...known.record, expiresAt: life.expiresAt } }
  }

  async #replace(next: Omit<Known, 'version' | 'at'>, known: Known): Promise<Known | undefined> {
    const version = await callStore(this.#engine, 'update', () => this.store.update(next.key, next.record, known.version))
    return version === undefined ? undefined : { ...next, version, at: ++this.#calls }
  }

  async #record(key: string, text: string, meta: Omit<SessionRecord, 'data'>, body: Body): Promise<SessionRecord> {
    const { keyring, encryptRecords } = this.#engine
    const { owner, createdAt, endsAt, expiresAt } = meta
    const data = encryptRecords && keyring ? await keyring.seal('record', context(key, meta), text) : text
    const limit = Math.min(this.store.maxBytes ?? Infinity, MAX_TEXT)
    // UTF-8 takes at most three bytes for a UTF-16 unit: most records need no counting.
    if (data.length * 3 > limit && new TextEncoder().encode(data).length > limit) {
      throw new SessionError(
        'RECORD_TOO_LARGE',
        `The session is over the ${limit} bytes its store takes. Its largest values: ${largest(body)}.`,
      )
    }
    return { data, ...(owner !== undefined && { owner }), createdAt, endsAt, expiresAt }
  }

  async #unseal(key: string, record: SessionRecord): Promise<{ text: string; stale: boolean } | RefusalReason> {
    const { keyring, encryptRecords, acceptUnsigned } = this.#engine
    // Records in the clear are JSON. Accepting them where sealed ones are expected would let whoever can write to the store in.
    if (record.data.startsWith('{'))
      return encryptRecords && !acceptUnsigned ? 'corrupt' : { text: record.data, stale: encryptRecords }
    return keyring ? keyring.open('record', context(key, record), record.data) : 'unknown-key'
  }
}

const NO_RECORD: SessionRecord = { data: '', createdAt: 0, endsAt: 0, expiresAt: 0 }

/** So many digits of a record's key are written into it. */
const KEY_CHECK = 16

const frameOf = (key: string) => ({ key: key.slice(0, KEY_CHECK) })

/** What a sealed record is bound to; not its idle end, which a touch moves without opening it. */
const context = (key: string, { owner = '', createdAt, endsAt }: Omit<SessionRecord, 'data'>) => [
  key,
  owner,
  `${createdAt}`,
  `${endsAt}`,
]

export function ownerDigest(owner: string): string | Promise<string> {
  return digest('owner', owner)
}
