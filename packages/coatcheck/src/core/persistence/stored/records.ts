import { andThen, type Maybe } from '../../../crypto/maybe.ts'
import { randomText } from '../../../crypto/random.ts'
import { SessionError } from '../../../errors.ts'
import type { Found, SessionRecord, Store } from '../../../stores/store.ts'
import type { Engine } from '../../engine.ts'
import { type Contents, decode, EMPTY, encode, encodeEnded, type Forwarding, type Frame } from '../../model/contents.ts'
import type { Lifetime } from '../../model/lifetime.ts'
import { SKEW } from '../../model/lifetime.ts'
import { actorOf } from '../../model/standing.ts'
import { withWrite } from '../../model/writes.ts'
import { askStore, callStore } from '../store-call.ts'
import { LatestRecords, type VersionedRecord } from './latest-records.ts'
import { checkedRecord, NO_RECORD, type OpenedText, ownerDigest, RecordTexts } from './record-text.ts'

export type { VersionedRecord }

/** Calls the store in the engine's terms: contents instead of text, sealed if asked for, each call limited in time and size. */
export class Records {
  readonly store: Store
  readonly latest: LatestRecords = new LatestRecords()
  readonly #engine: Engine
  readonly #texts: RecordTexts
  #calls = 0
  #process: string | undefined

  constructor(store: Store, engine: Engine) {
    this.store = store
    this.#engine = engine
    this.#texts = new RecordTexts(store, engine)
  }

  /** When, and by which process, a session is being moved. */
  stamp(): { readonly at: number; readonly by: string } {
    this.#process ??= randomText(6)
    return { at: this.#engine.now(), by: this.#process }
  }

  /**
   * Until when, in milliseconds since the epoch, the old ticket of a session that moved may be presented anew: for `grace`, and for as
   * long besides as the write may have taken, and clocks may differ.
   */
  graceEnd({ at = 0, by }: Forwarding): number {
    const { grace, storeTimeout } = this.#engine
    return at + grace + 2 * callTime(storeTimeout) + (by !== undefined && by === this.#process ? 0 : SKEW)
  }

  read(key: string): Maybe<VersionedRecord | undefined> {
    const at = ++this.#calls
    const damaged = (error: unknown): VersionedRecord => {
      if (!(error instanceof SessionError) || error.code !== 'DAMAGED_RECORD') throw error
      return { key, version: '', at, record: NO_RECORD, contents: EMPTY, made: 0, stale: false, fault: 'corrupt', error }
    }
    try {
      const found = askStore(this.#engine, this.store, 'read', key)
      return found instanceof Promise ? found.then((there) => this.#found(key, at, there), damaged) : this.#found(key, at, found)
    } catch (error) {
      return damaged(error)
    }
  }

  /** What a store found, as `read` gives it. */
  given(key: string, found: Found | undefined): Maybe<VersionedRecord | undefined> {
    return this.#found(key, ++this.#calls, found)
  }

  #found(key: string, at: number, found: Found | undefined): Maybe<VersionedRecord | undefined> {
    if (!found) return undefined
    const none = { key, at, contents: EMPTY, made: 0, stale: false }
    const checked = checkedRecord(found)
    if (!checked) return { ...none, version: '', record: NO_RECORD, fault: 'corrupt' }
    const { encryptRecords, keyring } = this.#engine
    const same = this.latest.of(key, checked.record)
    // A record sealed with another secret is opened again: that secret may be retired or revoked by now.
    if (same && !(encryptRecords && !keyring?.isNewest('record', checked.record.data))) return { ...same, ...checked, at }
    const known: VersionedRecord = { ...none, ...checked }
    const opened = this.#texts.open(key, checked.record)
    return opened instanceof Promise ? opened.then((text) => this.#decoded(known, text)) : this.#decoded(known, opened)
  }

  #decoded(known: VersionedRecord, opened: OpenedText): VersionedRecord | undefined {
    if (typeof opened === 'string') return { ...known, fault: opened }
    const decoded = decode(opened.text)
    if (typeof decoded === 'string') return { ...known, fault: decoded }
    const { frame, contents, to, ended } = decoded
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

  /** undefined: the key is taken. `from`: the key of what it is to take the place of. */
  async create(key: string, contents: Contents, lifetime: Lifetime, from?: string): Promise<VersionedRecord | undefined> {
    const made = this.#engine.now()
    const actor = actorOf(contents)
    const owner = actor === undefined ? undefined : await this.ownerOf(actor)
    const text = encode(contents, frameOf(key, made))
    const record = await this.#texts.record(key, text, { ...lifetime, ...(owner !== undefined && { owner }) }, contents)
    const version = await askStore(this.#engine, this.store, 'create', key, record, from)
    return version === undefined ? undefined : { key, version, at: ++this.#calls, record, contents, made, stale: false }
  }

  /** What the store is told instead of the owner's name. */
  protected ownerOf(owner: string): Maybe<string> {
    return ownerDigest(owner)
  }

  /** Keys of all records of an owner, by its digest; records that lead to others and such as are over are among them. */
  async keysOf(owner: string): Promise<readonly string[]> {
    return callStore(this.#engine, 'read the keys of an owner', async () => (await this.store.listByOwner?.(owner)) ?? [])
  }

  /** undefined: another write replaced `known`. */
  update(
    known: VersionedRecord,
    contents: Contents,
    { expiresAt }: Pick<Lifetime, 'expiresAt'>,
  ): Maybe<VersionedRecord | undefined> {
    const text = encode(contents, frameOf(known.key, known.made))
    return this.#replace(known, text, { expiresAt }, { contents })
  }

  /** The contents with one more write, and without the one `answered`. */
  signed(contents: Contents, id: string, at: number, answered?: string): Contents {
    return { ...contents, writes: withWrite(contents.writes, { id, at }, 2 * callTime(this.#engine.storeTimeout), answered) }
  }

  /** A record that leads to another where there is nothing yet; false: the key is taken. */
  async createForwarding(key: string, to: Forwarding, lifetime: Lifetime): Promise<boolean> {
    const record = await this.#texts.record(key, encode(EMPTY, frameOf(key, this.#engine.now()), to), lifetime)
    return (await askStore(this.#engine, this.store, 'create', key, record)) !== undefined
  }

  /**
   * From here on the record leads to another, and shows what the session was. It stays for as long as requests may be under way that read
   * it before. False: `known` is not what is there any more.
   */
  async forward(known: VersionedRecord, to: Forwarding): Promise<boolean> {
    const { maxRequestTime, storeTimeout } = this.#engine
    const keepUntil = Math.ceil(this.graceEnd({ ...to, by: '' }) + maxRequestTime + SKEW + 2 * callTime(storeTimeout))
    const expiresAt = Math.max(known.record.expiresAt, keepUntil)
    const text = encode(known.contents, frameOf(known.key, known.made), to)
    return (await this.#replace(known, text, { expiresAt, keepUntil, tells: true }, { forwarding: to })) !== undefined
  }

  /** Marks a forwarding record whose old ticket came after its time. True for the process that marks it first. */
  async markReplayed(known: VersionedRecord, to: Forwarding): Promise<boolean> {
    const mark = randomText(6)
    try {
      return await this.forward(known, { ...to, replayed: mark })
    } catch {
      return (await this.read(known.key))?.forwarding?.replayed === mark
    }
  }

  /** Ends the session. False: another write replaced `known`. */
  async end(known: VersionedRecord): Promise<boolean> {
    const now = this.#engine.now()
    const young = (known.fault ? now : known.made) + 4 * callTime(this.#engine.storeTimeout) + SKEW
    if (now >= young) return askStore(this.#engine, this.store, 'delete', known.key, known.version)
    // The call that created it may be carried out once more, and would bring it back where there is nothing. When was it, if it cannot be read?
    const mark = encodeEnded(frameOf(known.key))
    return (await this.#replace(known, mark, { expiresAt: young + SKEW, tells: true }, {})) !== undefined
  }

  /** Moves the idle end. undefined: another request wrote, and moved it as well. */
  async touch(known: VersionedRecord, lifetime: Lifetime): Promise<VersionedRecord | undefined> {
    const { store } = this
    // A store's touch moves an end forward only.
    if (!store.touch || known.stale || lifetime.expiresAt < known.record.expiresAt)
      return this.update(known, known.contents, lifetime)
    const moved = await askStore(this.#engine, store, 'touch', known.key, lifetime.expiresAt, known.version)
    return moved ? { ...known, record: { ...known.record, expiresAt: lifetime.expiresAt } } : undefined
  }

  #replace(
    known: VersionedRecord,
    text: string,
    times: Pick<SessionRecord, 'expiresAt' | 'keepUntil' | 'tells'>,
    next: Pick<VersionedRecord, 'forwarding'> & Partial<Pick<VersionedRecord, 'contents'>>,
  ): Maybe<VersionedRecord | undefined> {
    const { key, version: before } = known
    return andThen(this.#texts.record(key, text, { ...known.record, ...times }, next.contents), (record) =>
      andThen(askStore(this.#engine, this.store, 'update', key, record, before), (version) =>
        version === undefined ? undefined : { ...known, ...next, record, stale: false, version, at: ++this.#calls },
      ),
    )
  }
}

/** So many digits of a record's key are written into it. */
const KEY_CHECK = 16

const frameOf = (key: string, made?: number): Frame => ({ key: key.slice(0, KEY_CHECK), ...(made !== undefined && { made }) })

/** How long a call may take, also where a test lets it take for ever. */
const callTime = (storeTimeout: number): number => (Number.isFinite(storeTimeout) ? storeTimeout : 2000)
