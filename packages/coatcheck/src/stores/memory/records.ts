import { randomText } from '../../crypto/random.ts'
import type { Page, SessionRecord, Version } from '../store.ts'
import { Heap, type Placed } from './heap.ts'

/** One owner's records, or those of all guests. */
interface Group extends Linked<Group> {
  /** undefined: guests. */
  readonly owner: string | undefined
  /** Records that may have to make room. */
  readonly sessions: Row<Entry>
  /** Records with a `keepUntil`, which are no sessions any more. */
  readonly kept: Row<Entry>
}

export interface Entry extends Linked<Entry>, Placed {
  readonly key: string
  record: SessionRecord
  version: string
  readonly group: Group
  /** Place in the list of all. */
  slot: number
  pin: Pin | undefined
}

/** Place of a record with a `keepUntil` among those. */
interface Pin extends Placed {
  readonly entry: Entry
}

const ORIGIN_BYTES = 9

/** The records of a memory store, and who has to go when there are too many. Nothing here goes through all of them. */
export class Records {
  readonly #entries = new SplitMap<Entry>()
  /** All of them. The last takes the place of one that goes: listed from the end, none that stays is missed. */
  readonly #slots: Entry[] = []
  readonly #ends = new Heap<Entry>()
  readonly #pins = new Heap<Pin>()
  readonly #guests = groupOf(undefined)
  readonly #owners = new SplitMap<Group>()
  /** Owners by how many sessions they have: those with one, with two, and so on up to whoever has most. */
  readonly #levels: Row<Group>[] = []
  /** Of this store and no other. Drawn when it is needed: Workers draw nothing while they load. */
  #origin: string | undefined
  #versions = 0

  get size(): number {
    return this.#slots.length
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  add(key: string, record: SessionRecord, keepUntil: number | undefined): Version {
    const { owner, expiresAt } = record
    const version = this.#newVersion()
    let group = owner === undefined ? this.#guests : this.#owners.get(owner)
    if (!group) {
      group = groupOf(owner)
      this.#owners.set(owner as string, group)
    }
    const slot = this.#slots.length
    const entry: Entry = { key, record, version, group, slot, at: 0, pin: undefined, before: undefined, after: undefined }
    this.#entries.set(key, entry)
    this.#slots.push(entry)
    this.#ends.add(entry, expiresAt)
    this.#enter(entry, keepUntil)
    return version
  }

  /** The record at this key, marked as just used, and its owner too. */
  use(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (!entry || entry.pin) return entry
    const { group } = entry
    group.sessions.use(entry)
    if (group.owner !== undefined) this.#levels[group.sessions.size - 1]?.use(group)
    return entry
  }

  /** As `use`, if the record has this version. */
  holding(key: string, version: Version): Entry | undefined {
    const entry = this.use(key)
    return entry?.version === version ? entry : undefined
  }

  /** The new version; undefined: another version is there, or none. */
  replace(key: string, given: SessionRecord, before: Version): Version | undefined {
    const entry = this.holding(key, before)
    if (!entry) return undefined
    entry.version = this.#newVersion()
    this.prolong(entry, copyOf(entry.record, given))
    if (entry.pin || given.keepUntil !== undefined) {
      this.#leave(entry)
      this.#enter(entry, given.keepUntil)
    }
    return entry.version
  }

  prolong(entry: Entry, record: SessionRecord): void {
    if (record.expiresAt !== entry.record.expiresAt) this.#ends.move(entry, record.expiresAt)
    entry.record = record
  }

  remove(entry: Entry): void {
    const { key, slot, group } = entry
    this.#entries.delete(key)
    const last = this.#slots.pop() as Entry
    if (last !== entry) {
      this.#slots[slot] = last
      last.slot = slot
    }
    this.#ends.remove(entry)
    this.#leave(entry)
    if (group.owner !== undefined && group.sessions.size + group.kept.size === 0) this.#owners.delete(group.owner)
  }

  /** Removes at most `limit` that are expired at `time`, the earliest first. How many. */
  dropExpired(time: number, limit: number): number {
    for (let dropped = 0; dropped < limit; dropped++) {
      const entry = this.#ends.due(time)
      if (!entry) return dropped
      this.remove(entry)
    }
    return limit
  }

  /** The record that makes room for a new session, of `owner` if there is one; never the record that it replaces. None is expired. */
  victim(time: number, owner: string | undefined, from: Entry | undefined): Entry | undefined {
    const over = this.#pins.due(time, from?.pin)
    if (over) return over.entry
    const guest = this.#guests.sessions.oldest(from)
    if (guest) return guest
    const own = owner === undefined ? undefined : this.#owners.get(owner)
    const first = this.#levels.at(-1)?.first
    const most = from && !from.pin && first === from.group ? (first.after ?? first) : first
    // The new one counts: whoever has most of all with it makes room himself.
    const ownCount = own ? countIn(own, from) + 1 : 0
    const mostCount = most ? countIn(most, from) : 0
    if (Math.max(ownCount, mostCount) < 2) return undefined
    return (ownCount >= mostCount ? own : most)?.sessions.oldest(from)
  }

  /** The least recently used session of an owner who has `limit` of them already. */
  overLimit(owner: string, limit: number, from: Entry | undefined): Entry | undefined {
    const group = this.#owners.get(owner)
    return group && countIn(group, from) >= limit ? group.sessions.oldest(from) : undefined
  }

  keysOf(owner: string): string[] {
    const group = this.#owners.get(owner)
    return group ? [...group.sessions, ...group.kept].map(({ key }) => key) : []
  }

  page(after: string | undefined, limit: number): Page {
    const end = Math.min(after === undefined ? this.size : Number(after), this.size)
    const begin = Math.max(0, end - limit)
    const keys = this.#slots.slice(begin, end).map(({ key }) => key)
    return begin > 0 ? { keys, next: String(begin) } : { keys }
  }

  #newVersion(): Version {
    this.#origin ??= randomText(ORIGIN_BYTES)
    return `${this.#origin}.${++this.#versions}`
  }

  #enter(entry: Entry, keepUntil: number | undefined): void {
    const { group } = entry
    if (keepUntil === undefined) {
      this.#count(group, () => group.sessions.add(entry))
    } else {
      group.kept.add(entry)
      entry.pin = { entry, at: 0 }
      this.#pins.add(entry.pin, keepUntil)
    }
  }

  #leave(entry: Entry): void {
    const { group, pin } = entry
    if (pin) {
      this.#pins.remove(pin)
      entry.pin = undefined
      group.kept.remove(entry)
    } else {
      this.#count(group, () => group.sessions.remove(entry))
    }
  }

  /** Takes an owner to the level of what he has after `change`, which is the next or the one before. */
  #count(group: Group, change: () => void): void {
    const { owner, sessions } = group
    const isCounted = () => owner !== undefined && sessions.size > 0
    if (isCounted()) this.#levels[sessions.size - 1]?.remove(group)
    change()
    if (isCounted()) {
      const level = this.#levels[sessions.size - 1] ?? new Row()
      this.#levels[sessions.size - 1] = level
      level.add(group)
    }
    if (this.#levels.at(-1)?.size === 0) this.#levels.pop()
  }
}

/** How many sessions there are besides the one that is to be replaced. */
const countIn = (group: Group, from: Entry | undefined): number =>
  group.sessions.size - (from?.group === group && !from.pin ? 1 : 0)

/** A power of two. A million entries are four thousand in each part. */
const PARTS = 256

/**
 * A Map in many parts: one that grows copies all that it holds, which takes half a second for a million entries while everybody waits. The
 * last three characters of a key say in which part it is: keys are digests, or names of owners that often begin alike.
 */
export class SplitMap<V> {
  readonly #parts: Map<string, V>[] = []

  get(key: string): V | undefined {
    return this.#parts[partOf(key)]?.get(key)
  }

  set(key: string, value: V): void {
    const at = partOf(key)
    // Made in order, so that the list of them stays a plain one.
    while (this.#parts.length <= at) this.#parts.push(new Map())
    this.#parts[at]?.set(key, value)
  }

  delete(key: string): void {
    this.#parts[partOf(key)]?.delete(key)
  }
}

function partOf(key: string): number {
  const end = key.length
  // Past its beginning there is no character: NaN counts as 0.
  return (key.charCodeAt(end - 1) + 31 * (key.charCodeAt(end - 2) + 31 * key.charCodeAt(end - 3))) & (PARTS - 1)
}

/** Stands in one row at a time, between those before and after it. */
interface Linked<T> {
  before: T | undefined
  after: T | undefined
}

/** Items in the order of their last use, the least recently used first. A Set that keys leave and enter again copies itself now and then. */
class Row<T extends Linked<T>> {
  first: T | undefined
  #last: T | undefined
  size = 0

  add(item: T): void {
    item.before = this.#last
    if (this.#last) this.#last.after = item
    else this.first = item
    this.#last = item
    this.size++
  }

  remove(item: T): void {
    if (item.before) item.before.after = item.after
    else this.first = item.after
    if (item.after) item.after.before = item.before
    else this.#last = item.before
    item.before = undefined
    item.after = undefined
    this.size--
  }

  use(item: T): void {
    if (this.#last === item) return
    this.remove(item)
    this.add(item)
  }

  /** The least recently used that is not `spared`. */
  oldest(spared: T | undefined): T | undefined {
    return this.first === spared ? this.first?.after : this.first
  }

  *[Symbol.iterator](): Generator<T> {
    for (let item = this.first; item; item = item.after) yield item
  }
}

const groupOf = (owner: string | undefined): Group => ({
  owner,
  sessions: new Row(),
  kept: new Row(),
  before: undefined,
  after: undefined,
})

export const copyOf = (
  { owner, createdAt, endsAt }: SessionRecord,
  { data, expiresAt }: Pick<SessionRecord, 'data' | 'expiresAt'>,
): SessionRecord =>
  Object.freeze(owner === undefined ? { data, createdAt, endsAt, expiresAt } : { data, owner, createdAt, endsAt, expiresAt })
