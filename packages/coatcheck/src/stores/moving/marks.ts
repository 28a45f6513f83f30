import type { Found, SessionRecord } from '../store.ts'

// What stands in a store for a record that is not, or no longer, to be read there. To core it is text of a newer release: where a process
// meets it that knows of no move, the visitor's cookie is left alone.

const head = (kind: string, member: string): string => `{"format":1000000,"moving":"${kind}","${member}":`
const CLAIM = head('claim', 'record')
const RESERVED = head('reserved', 'record')
const PENDING = head('pending', 'of')
const END = '}'

/** Bytes that a claim has more than its record. */
export const CLAIM_BYTES: number = CLAIM.length + END.length

/** In the old store: the record is on its way. Nobody writes it here any more, and whoever meets it finishes the move. */
export const claimed = (record: SessionRecord): SessionRecord => ({ ...record, data: `${CLAIM}${record.data}${END}` })

/** The record that the claim holds. */
export const unclaimed = (claim: SessionRecord): SessionRecord => ({
  ...claim,
  data: claim.data.slice(CLAIM.length, -END.length),
})

/** In the old store: somebody makes a record of this key, here or in the new one. It is not there yet. */
export const reserved = (record: SessionRecord): SessionRecord => standIn(record, `${RESERVED}null${END}`)

/** In the new store: takes the key for the record that comes from this claim or reservation, and is not there yet. */
export const pending = (record: SessionRecord, of: string): SessionRecord => standIn(record, pendingOf(of))

const pendingOf = (of: string): string => `${PENDING}${JSON.stringify(of)}${END}`

/** With the owner and the times that the record is to have: they are fixed when a key is taken. */
function standIn(record: SessionRecord, data: string): SessionRecord {
  const expiresAt = Math.max(record.endsAt, record.expiresAt)
  return { ...record, data, expiresAt, keepUntil: expiresAt }
}

export const isClaim = ({ record }: Found): boolean => record.data.startsWith(CLAIM)
export const isReserved = ({ record }: Found): boolean => record.data.startsWith(RESERVED)
export const isPending = ({ record }: Found): boolean => record.data.startsWith(PENDING)
export const isPendingOf = ({ record }: Found, of: string): boolean => record.data === pendingOf(of)
