import type { SessionRecord } from '../store.ts'
import type { Placed } from './heap.ts'
import { type Linked, Row } from './row.ts'

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
