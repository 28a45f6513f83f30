import type { Engine } from '../engine.ts'
import type { Contents, Fields } from '../model/contents.ts'
import { isOver, lifeUnder, policyOf } from '../model/lifetime.ts'
import type { VersionedRecord } from '../persistence/stored/versioned-record.ts'

/**
 * What the text of an owned record says besides: what all ids of one session have in common, and its place among the sessions of its owner. A
 * release that does not know these fields keeps them.
 */
interface OwnedFields {
  /** The beginning of the first key; left out at that key itself. */
  readonly line?: string
  /** Later sign-ins have greater ones, whatever the clocks say. Only where `maxPerOwner` is set. */
  readonly place?: number
}

interface Identified {
  readonly key: string
  readonly contents: Pick<Contents, 'more'>
}

/** So many digits of a key. */
const LINE = 32

/** What all ids of this session have in common. */
export function lineageOf({ key, contents }: Identified): string {
  const { line } = contents.more as OwnedFields
  return typeof line === 'string' ? line : key.slice(0, LINE)
}

/** The contents as those of the session that `from` is, under another key. */
export function inLineOf(from: Identified, contents: Contents): Contents {
  return contents.owner === undefined ? contents : withFields(contents, { line: lineageOf(from) })
}

/** Its place among the sessions of its owner. */
export function placeOf({ contents, record }: VersionedRecord): number {
  const { place } = contents.more as OwnedFields
  return Number.isSafeInteger(place) ? (place as number) : record.createdAt
}

export function withFields(contents: Contents, fields: OwnedFields): Contents {
  return { ...contents, more: { ...contents.more, ...fields } as Fields }
}

/** Whether the record is a session that goes on, as far as this process can tell. */
export function isLive({ forwarding, fault, record, contents }: VersionedRecord, { policy, now }: Engine): boolean {
  if (forwarding || fault === 'corrupt') return false
  return !isOver(fault ? record : lifeUnder(record, contents, policy), now())
}

/** When the session was seen last, to half of the idle time: by its idle end, or by its last write. */
export function lastSeen({ record, contents, made }: VersionedRecord, { policy, now }: Engine): number {
  const written = contents.writes.recent.at(-1)?.at ?? 0
  return Math.min(now(), Math.max(record.expiresAt - policyOf(contents, policy).idle, made, written, record.createdAt))
}
