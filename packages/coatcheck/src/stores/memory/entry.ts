import type { SessionRecord } from '../store.ts'
import type { Placed } from './heap.ts'

/** Stands in one row at a time, between those before and after it. */
export interface Linked<T> {
  before: T | undefined
  after: T | undefined
}

/** Items in the order of their last use, the least recently used first. A Set that keys leave and enter again copies itself now and then. */
export class Row<T extends Linked<T>> {
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

/** One owner's records, or those of all guests. */
export interface Group extends Linked<Group> {
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
export interface Pin extends Placed {
  readonly entry: Entry
}

export const groupOf = (owner: string | undefined): Group => ({
  owner,
  sessions: new Row(),
  kept: new Row(),
  before: undefined,
  after: undefined,
})
