import { digest } from '../../../crypto/digest.ts'
import { SessionError } from '../../../errors.ts'
import type { Store } from '../../../stores/store.ts'
import type { Circumstances, Engine } from '../../engine.ts'
import { decode, EMPTY, encode, encodeEnded, type Forwarding } from '../../model/contents.ts'
import { LONGEST_LIFE, SKEW } from '../../model/lifetime.ts'
import { isFresh, readable, tooOld } from '../stored/pending-commit.ts'
import { askStore, checkedRecord } from '../stored/record-access.ts'
import { Records, type VersionedRecord } from '../stored/records.ts'
import { NO_RECORD } from '../stored/versioned-record.ts'
import { LookUps } from './look-ups.ts'

/** What the entry of an id says that was given up for a new one. */
export interface Moved extends Forwarding {
  /** When no ticket of the new id opens anything any more. Milliseconds since the epoch. */
  readonly ends?: number
  /** Digest of who signed in. */
  readonly as?: string
}

/** More new ids than one session is given in the time that a request takes. */
const LONGEST_CHAIN = 100

/** An id that has no entry. */
const NEVER = { ...NO_RECORD, endsAt: Number.MAX_SAFE_INTEGER, expiresAt: Number.MAX_SAFE_INTEGER }

/** The first digits of an entry's key, which it holds itself: a copy under another key says nothing. */
const frameOf = (key: string) => ({ key: key.slice(0, 16) })

/**
 * What became of ids: one entry for an id that was ended, or given up for a new one, and none for all others. An entry is made by `create`, and
 * never removed before the last ticket of its id is over: whoever finds it taken knows that somebody was first. Sessions are named by their
 * handles, and what is stored opens nothing.
 */
export class Revocations extends Records {
  readonly #engine: Engine
  readonly #lookUps: LookUps

  /** `every`: milliseconds for which this process goes by what it has looked up. */
  constructor(store: Store, engine: Engine, every: number) {
    super(store, engine)
    this.#engine = engine
    this.#lookUps = new LookUps(engine.now, every)
  }

  /** What a look-up of anything says; see `LookUps`. */
  lookUp<T>(name: string, isFresh: boolean, ask: () => Promise<T>): Promise<T> {
    return this.#lookUps.get(name, isFresh, ask)
  }

  /** This process has changed what a look-up says. */
  forget(name: string): void {
    this.#lookUps.forget(name)
  }

  /** undefined: it was ended. Without `forwarding`: it is what it was. */
  override read(handle: string, isFresh = false): Promise<VersionedRecord | undefined> {
    return this.#lookUps.get(handle, isFresh, () => this.#ask(handle))
  }

  async #ask(handle: string): Promise<VersionedRecord | undefined> {
    const key = await this.#keyOf(handle)
    const found = await askStore(this.#engine, this.store, 'read', key)
    const none = { key: handle, version: '', at: 0, record: NEVER, contents: EMPTY, made: 0, stale: false }
    if (!found && this.store.evicts) throw mayBeGone()
    if (!found) return none
    const checked = checkedRecord(found)
    const decoded = checked ? decode(checked.record.data) : 'corrupt'
    if (typeof decoded === 'string') return { ...none, fault: decoded }
    const { frame, to, ended } = decoded
    if (frame.key !== frameOf(key).key || !(to || ended)) return { ...none, fault: 'corrupt' }
    return to && { ...none, ...checked, forwarding: to }
  }

  /**
   * From now on no ticket of this id opens anything. Not done where the session has a new id: what leads there. `ends`: of the last ticket that
   * may be about.
   */
  async revoke(handle: string, ends: number): Promise<Moved | undefined> {
    const there = await this.#claim(handle, ends, (key) => encodeEnded(frameOf(key)))
    return there === true ? undefined : readable(there)?.forwarding
  }

  /** Ends the session, whatever its id is now. Throws `CONFLICT` where the request is too old to tell. */
  async endAnywhere(from: string, until: number | undefined, { arrivedAt }: Pick<Circumstances, 'arrivedAt'>): Promise<boolean> {
    const { now } = this.#engine
    let [handle, ends] = [from, until]
    for (let hop = 0; hop < LONGEST_CHAIN; hop++) {
      const to = await this.revoke(handle, Number.isSafeInteger(ends) ? (ends as number) : now() + LONGEST_LIFE)
      if (!to) return true
      if (!isFresh({ arrivedAt, mayResend: false }, this.#engine)) throw tooOld(this.#engine)
      handle = to.key
      ends = to.ends
    }
    throw new SessionError('CONFLICT', 'The session could not be ended: it was given a new id all the time.')
  }

  /** From now on another id is in its place: true. Else what was made of it before; undefined: it was ended. */
  async lead(handle: string, ends: number, to: Moved): Promise<true | VersionedRecord | undefined> {
    const there = await this.#claim(handle, ends, (key) => encode(EMPTY, frameOf(key), to))
    return there === true || readable(there)
  }

  override async forward(known: VersionedRecord, to: Forwarding): Promise<boolean> {
    const { endsAt, expiresAt, createdAt, keepUntil } = known.record
    const key = await this.#keyOf(known.key)
    const times = { createdAt, endsAt, expiresAt, ...(keepUntil !== undefined && { keepUntil }) }
    const record = { data: encode(EMPTY, frameOf(key), to), ...times }
    const version = await askStore(this.#engine, this.store, 'update', key, record, known.version)
    this.#lookUps.forget(known.key)
    return version !== undefined
  }

  async #claim(handle: string, ends: number, text: (key: string) => string): Promise<true | VersionedRecord | undefined> {
    const key = await this.#keyOf(handle)
    const expiresAt = Math.ceil(ends) + SKEW
    for (let attempt = 0; attempt < 3; attempt++) {
      const record = { data: text(key), createdAt: this.#engine.now(), endsAt: expiresAt, expiresAt, keepUntil: expiresAt }
      const version = await askStore(this.#engine, this.store, 'create', key, record)
      this.#lookUps.forget(handle)
      if (version !== undefined) return true
      const there = await this.read(handle, true)
      // An old entry may go just now.
      if (!there || there.fault || there.forwarding) return there
    }
    throw new SessionError('STORE_FAILED', 'The store said that a key is taken, and that there is nothing at it.')
  }

  async #keyOf(handle: string): Promise<string> {
    // As long as a session's, and told from it by its beginning: it may lie in a store of other sessions.
    return `ended-${(await digest(`revoked ${this.#engine.binding}`, handle)).slice(6)}`
  }
}

function mayBeGone(): SessionError {
  return new SessionError(
    'STORE_FAILED',
    'The store of `revocations` drops records to make room: nobody can tell what was ended.',
    {
      fix: 'Let it keep everything (Redis: `maxmemory-policy noeviction`), or give `revocations` another store.',
    },
  )
}
