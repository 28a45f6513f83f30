/** Made by the store; never twice for one key, even after delete and create: random, or from a store-wide sequence. */
export type Version = string

/** A session in a store. */
export interface SessionRecord {
  /** Text without NUL or lone surrogates; given back exactly. A store never looks inside. */
  readonly data: string
  /** Digest of the owner; fixed when the record is created. */
  readonly owner?: string
  /** Milliseconds since the epoch; fixed when the record is created. */
  readonly createdAt: number
  /** Milliseconds since the epoch: the absolute end; fixed when the record is created. */
  readonly endsAt: number
  /**
   * Milliseconds since the epoch: the idle end, at most `endsAt`; later than that only where the record is no session any more, but leads to
   * another or says that one has ended. From `endsAt` on `listByOwner` may leave it out.
   */
  readonly expiresAt: number
  /**
   * Milliseconds since the epoch: a store that makes room by evicting keeps the record until then, and may take it first afterwards.
   * It changes nothing about `expiresAt`. Each update says it anew. Other stores may ignore it, and none need give it back.
   */
  readonly keepUntil?: number
  /**
   * With this update the session ends at this key, or goes on at another: a store with `watch` tells of it in the same step. Other stores may
   * ignore it, and none gives it back.
   */
  readonly tells?: true
}

export interface Found {
  readonly record: SessionRecord
  readonly version: Version
}

export interface Page {
  readonly keys: readonly string[]
  /** Where the next page begins; absent on the last. */
  readonly next?: string
}

/** Who is told what happens to records, in whichever process. */
export interface Listener {
  /** The record of this key was deleted, or updated by a record that `tells`. May be called for other writes, and more than once. */
  told(key: string): void
  /** From here on nothing is told, or something may not have been. Nothing is told afterwards. */
  lost(error?: unknown): void
}

/** What listens. */
export interface Listening {
  /** Rejects, or never answers, where the channel does not work any more. */
  ping(): Promise<unknown>
  /** Nothing is told from here on, and nothing that was opened for it stays open. */
  stop(): Promise<unknown>
}

/** `strong`: fresh reads and compare-and-set. `last-write-wins`: fresh reads only. `eventual`: stale reads too. */
export type Consistency = 'strong' | 'last-write-wins' | 'eventual'

/**
 * Where records live. Keys and owners match `[a-z0-9_-]{1,128}`; a store may refuse others. Absence is a value; a broken
 * backend throws. Every write names the version it replaces, so none can undo another. A store keeps no clock: it may
 * return an expired record, may drop one once `expiresAt` has passed, and never drops one before.
 */
export interface Store {
  /** Default `strong`. */
  readonly consistency?: Consistency
  /** Longest `data` in UTF-8 bytes; the engine refuses longer ones before any I/O. Default: no limit. */
  readonly maxBytes?: number
  /**
   * The store may drop a live record to make room, `keepUntil` or not, so that absence proves nothing. Default false. Read it when it
   * matters: a store may find out only later.
   */
  readonly evicts?: boolean
  /** The record as of after every write that had finished when the call began. */
  read(key: string): Promise<Found | undefined>
  /**
   * Stores a new record; `undefined`: the key is taken and nothing changed. The owner's index entry is there before the record is.
   * `from`: the key of the record that this one is to take the place of; a store that makes room by evicting spares it. Others ignore it.
   */
  create(key: string, record: SessionRecord, from?: string): Promise<Version | undefined>
  /**
   * Replaces `data` and `expiresAt` if the record still has `version`, and returns the version it wrote. `undefined`: another
   * version or none is there, and nothing changed. Never creates. `next`: a random text of this write and no other, which the store may
   * take for the version it writes, and need not draw one.
   */
  update(key: string, record: SessionRecord, version: Version, next?: Version): Promise<Version | undefined>
  /** Removes the record if it still has `version`, then its index entry. Whether it did. */
  delete(key: string, version: Version): Promise<boolean>
  /** Moves `expiresAt` to the later of both if the record still has `version`, which stays. Left out: the engine updates. */
  touch?(key: string, expiresAt: number, version: Version): Promise<boolean>
  /** Every key of this owner whose create had finished when the call began and that was not deleted; may name keys that are gone. */
  listByOwner?(owner: string): Promise<readonly string[]>
  /** Keys in any order, at most `limit`; a key that is there throughout the listing comes at least once. */
  list?(after: string | undefined, limit: number): Promise<Page>
  /** Removes at most `limit` records that are expired at `before` (milliseconds since the epoch) at that moment. How many. */
  prune?(before: number, limit: number): Promise<number>
  /** The records of these keys, in their order, each as `read` would give it. At most 500 keys. Left out: the engine reads one by one. */
  readMany?(keys: readonly string[]): Promise<readonly (Found | undefined)[]>
  /**
   * Tells of ends: of every delete, and every update by a record that `tells`, that begins after this has resolved. The write and the notice
   * are one step: whoever is told finds the write done, and no write is done without its notice, unless `lost` is called. One channel for
   * all keys. A writer who may not tell writes all the same. Left out: the engine reads again and again.
   */
  watch?(listener: Listener): Promise<Listening>
  /** What its server says of itself, for `coatcheck doctor`. What it may not ask is left out. No request calls it. */
  about?(): Promise<StoreFacts>
  /** What `migrate` makes, and what is there of it, for `coatcheck migrate`. No request calls it. */
  schema?(): Promise<StoreSchema>
  migrate?(): Promise<void>
  close?(): Promise<void>
}

/** What the server behind a store says of itself. */
export interface StoreFacts {
  /** Its name and version, such as `Redis 7.0.15`. */
  readonly server: string
  /** Milliseconds since the epoch, by the server's clock. */
  readonly time: number
  /** What it does when its memory is full, in its own word; `noeviction`: it refuses to write. */
  readonly eviction?: string
  /** Records of any kind that it has dropped to make room since it started. */
  readonly evicted?: number
  /** Bytes; `most` is 0 where there is no limit. */
  readonly memory?: { readonly used: number; readonly most: number }
  /** What of acknowledged writes is lost when the server stops. Left out: nothing. */
  readonly loses?: string
  /** Of transactions, in the server's word, in lower case: `read committed`. */
  readonly isolation?: string
}

/** The tables of a store. */
export interface StoreSchema {
  readonly table: string
  /** The version of their form that this release knows, from 1. */
  readonly known: number
  /** The version that is there; undefined: they are not there yet. */
  readonly found: number | undefined
  /** What `migrate` runs. It finds what is there already, and may be run again. */
  readonly sql: string
}

/**
 * A property of a method that promises: the same method, which answers with the value itself, or throws, where nothing has to wait. The
 * engine asks that one. `of` is the method that promises: a copy or a stand-in of it, which has the property as well, is asked itself.
 */
export const AT_ONCE: unique symbol = Symbol.for('coatcheck: answers at once')

export interface AtOnce {
  readonly of: unknown
  readonly answer: (...args: never[]) => unknown
  /** Whether an answer, and an error as well, says for sure if the call was carried out: nothing lies between it and the records. */
  readonly isSure: boolean
}

/** A method that always promises, for everybody but the engine. */
export function promising<A extends unknown[], T>(
  answer: (...args: A) => T | Promise<T>,
  isSure = false,
): (...args: A) => Promise<T> {
  const promises = async (...args: A) => answer(...args)
  const atOnce: AtOnce = { of: promises, answer, isSure }
  return Object.assign(promises, { [AT_ONCE]: atOnce })
}

/** The methods that a store may offer beyond the contract. A method that is there is a capability. */
export type Capability =
  | 'touch'
  | 'list'
  | 'listByOwner'
  | 'prune'
  | 'readMany'
  | 'watch'
  | 'about'
  | 'schema'
  | 'migrate'
  | 'close'

/** Whether this store offers `capability`; narrows the store's type. */
export function can<S extends Store, C extends Capability>(store: S, capability: C): store is S & Required<Pick<Store, C>> {
  return typeof store[capability] === 'function'
}
