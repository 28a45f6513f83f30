import type { Maybe } from '../../../crypto/maybe.ts'
import { randomText } from '../../../crypto/random.ts'
import type { Store } from '../../../stores/store.ts'
import type { Engine } from '../../engine.ts'
import { type Contents, EMPTY, encode, encodeEnded, type Forwarding } from '../../model/contents.ts'
import { type Lifetime, SKEW } from '../../model/lifetime.ts'
import { actorOf } from '../../model/standing.ts'
import { callStore } from '../store-call.ts'
import { ownerDigest } from './owner-digest.ts'
import { askStore, callTime, frameOf, RecordAccess } from './record-access.ts'
import type { VersionedRecord } from './versioned-record.ts'

export type { VersionedRecord }

/** Also makes records, leads them to others, and ends them. */
export class Records extends RecordAccess {
  readonly #engine: Engine
  #process: string | undefined

  constructor(store: Store, engine: Engine) {
    super(store, engine)
    this.#engine = engine
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

  /** undefined: the key is taken. `from`: the key of what it is to take the place of. */
  async create(key: string, contents: Contents, lifetime: Lifetime, from?: string): Promise<VersionedRecord | undefined> {
    const made = this.#engine.now()
    const actor = actorOf(contents)
    const owner = actor === undefined ? undefined : await this.ownerOf(actor)
    const text = encode(contents, frameOf(key, made))
    const record = await this.recordOf(key, text, { ...lifetime, ...(owner !== undefined && { owner }) }, contents)
    const version = await askStore(this.#engine, this.store, 'create', key, record, from)
    return version === undefined ? undefined : { key, version, at: ++this.calls, record, contents, made, stale: false }
  }

  /** The store is told this instead of the owner's name. */
  protected ownerOf(owner: string): Maybe<string> {
    return ownerDigest(owner)
  }

  /** Keys of all records of an owner, by its digest; records that lead to others and such as are over are among them. */
  async keysOf(owner: string): Promise<readonly string[]> {
    return callStore(this.#engine, 'read the keys of an owner', async () => (await this.store.listByOwner?.(owner)) ?? [])
  }

  /** A record that leads to another where there is nothing yet; false: the key is taken. */
  async createForwarding(key: string, to: Forwarding, lifetime: Lifetime): Promise<boolean> {
    const record = await this.recordOf(key, encode(EMPTY, frameOf(key, this.#engine.now()), to), lifetime)
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
    return (await this.replace(known, text, { expiresAt, keepUntil, tells: true }, undefined)) !== undefined
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
    return (await this.replace(known, mark, { expiresAt: young + SKEW, tells: true }, undefined)) !== undefined
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
}
