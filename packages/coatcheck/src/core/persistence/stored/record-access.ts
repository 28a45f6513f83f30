import { andThen, type Maybe } from '../../../crypto/maybe.ts'
import { SessionError } from '../../../errors.ts'
import { AT_ONCE, type AtOnce, type Found, type SessionRecord, type Store } from '../../../stores/store.ts'
import type { Engine } from '../../engine.ts'
import { type Contents, decode, EMPTY, encode, type Frame, largest, MAX_TEXT } from '../../model/contents.ts'
import type { RefusalReason } from '../../model/events.ts'
import type { Lifetime } from '../../model/lifetime.ts'
import { type Write, withWrite } from '../../model/writes.ts'
import { type Asked, callStore, failed, type Timed } from '../store-call.ts'
import { NO_RECORD, type VersionedRecord } from './versioned-record.ts'

/** The text of a record, or why it cannot be read. */
type OpenedText = { readonly text: string; readonly stale: boolean } | RefusalReason

type Meta = Omit<SessionRecord, 'data'>

/** So many digits of a record's key are written into it. */
const KEY_CHECK = 16
/** Bytes kept free in a store with a limit, so that a record of any size can become a forwarding record. */
const ROOM = 1024

/** Calls the store in the engine's terms: contents instead of text, sealed if asked for, each call limited in time and size. */
export class RecordAccess {
  readonly store: Store
  readonly latest: LatestRecords = new LatestRecords()
  readonly #engine: Engine
  protected calls = 0

  constructor(store: Store, engine: Engine) {
    this.store = store
    this.#engine = engine
  }

  read(key: string): Maybe<VersionedRecord | undefined> {
    const at = ++this.calls
    try {
      const found = askStore(this.#engine, this.store, 'read', key)
      if (!(found instanceof Promise)) return this.#found(key, at, found)
      return found.then(
        (there) => this.#found(key, at, there),
        (error) => damaged(key, at, error),
      )
    } catch (error) {
      return damaged(key, at, error)
    }
  }

  /** The find of a store, as `read` gives it. */
  given(key: string, found: Found | undefined): Maybe<VersionedRecord | undefined> {
    return this.#found(key, ++this.calls, found)
  }

  #found(key: string, at: number, found: Found | undefined): Maybe<VersionedRecord | undefined> {
    if (!found) return undefined
    const checked = checkedRecord(found)
    const none = { key, version: '', at, record: NO_RECORD, contents: EMPTY, made: 0, stale: false }
    if (!checked) return { ...none, fault: 'corrupt' }
    const { record, version } = checked
    const { encryptRecords, keyring } = this.#engine
    const same = this.latest.of(key, record)
    // A record sealed with another secret is opened again: that secret may be retired or revoked by now.
    if (same && !(encryptRecords && !keyring?.isNewest('record', record.data)))
      return { key, version, at, record, contents: same.contents, made: same.made, stale: same.stale }
    const known: VersionedRecord = { ...none, version, record }
    const opened = this.#open(key, record)
    return opened instanceof Promise ? opened.then((text) => decoded(known, text)) : decoded(known, opened)
  }

  #open(key: string, record: SessionRecord): Maybe<OpenedText> {
    const { keyring, encryptRecords, acceptUnsigned } = this.#engine
    // Records in the clear are JSON. Accepting them where sealed ones are expected would let whoever can write to the store in.
    if (record.data.startsWith('{'))
      return encryptRecords && !acceptUnsigned ? 'corrupt' : { text: record.data, stale: encryptRecords }
    return keyring ? keyring.open('record', context(key, record), record.data) : 'unknown-key'
  }

  /** The contents with one more write, and without the one `answered`. */
  signed(contents: Contents, write: Omit<Write, 'number'>, answered?: string): Contents {
    return { ...contents, writes: withWrite(contents.writes, write, 2 * callTime(this.#engine.storeTimeout), answered) }
  }

  /** The same as `update`, with `write` in the log of the contents, and without the one `answered`. */
  updateLogged(
    known: VersionedRecord,
    contents: Contents,
    lifetime: Pick<Lifetime, 'expiresAt'>,
    write: Omit<Write, 'number'>,
    answered: string | undefined,
  ): Maybe<VersionedRecord | undefined> {
    return this.update(known, this.signed(contents, write, answered), lifetime, write.id || undefined)
  }

  /** undefined: another write replaced `known`. */
  update(
    known: VersionedRecord,
    contents: Contents,
    { expiresAt }: Pick<Lifetime, 'expiresAt'>,
    next?: string,
  ): Maybe<VersionedRecord | undefined> {
    return this.replace(known, encode(contents, frameOf(known.key, known.made)), { expiresAt }, contents, next)
  }

  /** `contents`: those that the text says, where the record still is a session. `next`: what may be its version. */
  protected replace(
    known: VersionedRecord,
    text: string,
    times: Pick<SessionRecord, 'expiresAt' | 'keepUntil' | 'tells'>,
    contents: Contents | undefined,
    next?: string,
  ): Maybe<VersionedRecord | undefined> {
    const record = this.recordOf(known.key, text, { ...known.record, ...times }, contents)
    return record instanceof Promise
      ? record.then((sealed) => this.#replace(known, sealed, contents, next))
      : this.#replace(known, record, contents, next)
  }

  #replace(
    known: VersionedRecord,
    record: SessionRecord,
    contents: Contents | undefined,
    next: string | undefined,
  ): Maybe<VersionedRecord | undefined> {
    const version = askStore(this.#engine, this.store, 'update', known.key, record, known.version, next)
    return version instanceof Promise
      ? version.then((written) => this.#replaced(known, record, contents, written))
      : this.#replaced(known, record, contents, version)
  }

  #replaced(
    { key, made, contents: before }: VersionedRecord,
    record: SessionRecord,
    contents: Contents | undefined,
    version: string | undefined,
  ): VersionedRecord | undefined {
    if (version === undefined) return undefined
    const now = { key, version, at: ++this.calls, record, contents: contents ?? before, made, stale: false }
    this.latest.remember(key, contents && now)
    return now
  }

  /** Seals the text where that is asked for. `contents`: of a session's text, for which some room is kept free. Throws `RECORD_TOO_LARGE`. */
  protected recordOf(key: string, text: string, meta: Meta, contents?: Contents): Maybe<SessionRecord> {
    const { keyring, encryptRecords } = this.#engine
    if (!encryptRecords || !keyring) return this.#checked(text, meta, contents)
    return andThen(keyring.seal('record', context(key, meta), text), (data) => this.#checked(data, meta, contents))
  }

  #checked(data: string, { owner, createdAt, endsAt, expiresAt, keepUntil, tells }: Meta, contents?: Contents): SessionRecord {
    const most = this.store.maxBytes ?? Number.POSITIVE_INFINITY
    const limit = Math.min(most - (contents ? ROOM : 0), MAX_TEXT)
    // UTF-8 takes at most three bytes for a UTF-16 unit: most records need no counting.
    if (data.length * 3 > limit && new TextEncoder().encode(data).length > limit) {
      const room = limit === MAX_TEXT ? '' : ` (the store takes ${most}, and ${ROOM} are kept free for a new id)`
      const what = `The session is over ${limit} bytes${room}.`
      throw new SessionError('RECORD_TOO_LARGE', contents ? `${what} Its largest values: ${largest(contents)}.` : what)
    }
    if (keepUntil === undefined && !tells) return recordWith(data, owner, createdAt, endsAt, expiresAt)
    const times = { createdAt, endsAt, expiresAt, ...(keepUntil !== undefined && { keepUntil }), ...(tells && { tells }) }
    return owner === undefined ? { data, ...times } : { data, owner, ...times }
  }
}

/** So many are kept, */
const MOST = 2000
/** and so much text of them, in UTF-16 units: this bounds the memory they take. */
const MOST_TEXT = 8_000_000
/** A larger one would take the place of too many others. */
const LARGEST = 262_144

/** The last writes of this process, session by session, for commits that come later. */
export class LatestRecords {
  readonly byKey: Map<string, VersionedRecord> = new Map()
  #text = 0

  /**
   * The same record with its contents, if it is remembered: then there is nothing to open and to decode. Texts are compared, not versions, so
   * that what was altered is seen; two texts of 16,384 characters take about a microsecond, and to decode one of 64,000 takes a hundred.
   */
  of(key: string, { data, owner, createdAt, endsAt }: SessionRecord): VersionedRecord | undefined {
    const latest = this.byKey.get(key)
    const is = latest?.record
    return is?.data === data && is.owner === owner && is.createdAt === createdAt && is.endsAt === endsAt ? latest : undefined
  }

  /**
   * A key keeps its place. For keys that leave and enter again V8 copies the table now and then, and an old table keeps what it held until the
   * next full collection (docs/decisions/035-what-a-request-leaves-behind.md).
   */
  remember(key: string, written: VersionedRecord | undefined): void {
    this.#text -= this.byKey.get(key)?.record.data.length ?? 0
    if (!written || written.record.data.length > LARGEST) {
      this.byKey.delete(key)
      return
    }
    this.byKey.set(key, written)
    this.#text += written.record.data.length
    while (this.byKey.size > MOST || this.#text > MOST_TEXT) {
      const [oldest] = this.byKey.keys()
      this.remember(oldest as string, undefined)
    }
  }
}

type Method<N extends Asked> = NonNullable<Store[N]>
type Run = (...args: unknown[]) => unknown
type Answer<N extends Asked> = Maybe<Awaited<ReturnType<Method<N>>>>

/** Calls a method of the store: without a promise and a timer, if the store answers at once. */
export function askStore<N extends Asked>(engine: Timed, store: Store, name: N, ...args: Parameters<Method<N>>): Answer<N> {
  if (engine.trace) return engine.trace('store', { call: name }, () => ask(engine, store, name, args)) as Answer<N>
  return ask(engine, store, name, args)
}

function ask<N extends Asked>(engine: Timed, store: Store, name: N, args: Parameters<Method<N>>): Answer<N> {
  let answer: unknown
  try {
    const method = store[name] as Run & { readonly [AT_ONCE]?: AtOnce }
    const atOnce = method[AT_ONCE]
    answer = (atOnce?.of === method ? (atOnce.answer as Run) : method).apply(store, args)
  } catch (cause) {
    throw failed(name, cause)
  }
  // A promise may be of another realm, or of a library.
  const waits = typeof (answer as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function'
  return (waits ? callStore(engine, name, () => answer as Promise<unknown>) : answer) as Answer<N>
}

function damaged(key: string, at: number, error: unknown): VersionedRecord {
  if (!(error instanceof SessionError) || error.code !== 'DAMAGED_RECORD') throw error
  return { key, version: '', at, record: NO_RECORD, contents: EMPTY, made: 0, stale: false, fault: 'corrupt', error }
}

function decoded(known: VersionedRecord, opened: OpenedText): VersionedRecord | undefined {
  if (typeof opened === 'string') return { ...known, fault: opened }
  const said = decode(opened.text)
  if (typeof said === 'string') return { ...known, fault: said }
  const { frame, contents, to, ended } = said
  // A record copied under another key would open somebody else's session.
  if (frame.key !== known.key.slice(0, KEY_CHECK)) return { ...known, fault: 'corrupt' }
  if (ended) return undefined
  return {
    ...known,
    stale: opened.stale,
    contents,
    made: Number.isSafeInteger(frame.made) ? (frame.made as number) : 0,
    ...(to && { forwarding: to }),
  }
}

/**
 * The find of a store, or undefined when it is no record: a seal is bound to the owner and the times, and pages are told them. A copy, since
 * the object is the store's.
 */
export function checkedRecord(found: Found): Found | undefined {
  try {
    const { record, version } = found
    const { data, owner, createdAt, endsAt, expiresAt, keepUntil } = record
    const areTimes = isTime(createdAt) && isTime(endsAt) && isTime(expiresAt) && isTime(keepUntil ?? 0)
    if (typeof data !== 'string' || !areTimes || (owner !== undefined && typeof owner !== 'string')) return undefined
    const copy = recordWith(data, owner, createdAt, endsAt, expiresAt)
    return { record: keepUntil === undefined ? copy : { ...copy, keepUntil }, version }
  } catch {
    return undefined
  }
}

const isTime = (time: unknown): boolean => typeof time === 'number'

const recordWith = (
  data: string,
  owner: string | undefined,
  createdAt: number,
  endsAt: number,
  expiresAt: number,
): SessionRecord => (owner === undefined ? { data, createdAt, endsAt, expiresAt } : { data, owner, createdAt, endsAt, expiresAt })

/** The data that a seal is bound to. Not the idle end: a touch moves that without opening the record. */
const context = (key: string, { owner = '', createdAt, endsAt }: Meta) => [key, owner, `${createdAt}`, `${endsAt}`]

export const frameOf = (key: string, made?: number): Pick<Frame, 'key' | 'made'> => ({
  key: key.slice(0, KEY_CHECK),
  ...(made !== undefined && { made }),
})

/** How long a call may take, also where a test lets it take for ever. */
export const callTime = (storeTimeout: number): number => (Number.isFinite(storeTimeout) ? storeTimeout : 2000)
