import { clockOf } from '../../clock.ts'
import { kind, SessionError } from '../../errors.ts'
import { checkedOptions } from '../shared/options.ts'
import type { SessionRecord } from '../store.ts'

export interface MemoryStoreOptions {
  /** Most records held at once. Default 100 000, which is about 100 MB of small sessions. */
  readonly maxSessions?: number
  /**
   * Most sessions of one owner: one more, and the one of his that was used least recently goes. Default `maxSessions`, so that only a
   * full store takes from whoever has many.
   */
  readonly maxSessionsPerOwner?: number
  /** Milliseconds since the epoch, for telling what has expired when a session is created. Default `Date.now`. */
  readonly now?: () => number
  /**
   * Told of every session that was still alive and had to go to make room for a new one, which is there by then: its visitor starts
   * afresh. What it throws is printed, and changes nothing.
   */
  readonly onEvict?: (key: string, record: SessionRecord) => void
}

export type CheckedMemoryOptions = Required<MemoryStoreOptions>

export function checkedMemoryOptions(options: MemoryStoreOptions): CheckedMemoryOptions {
  const {
    now,
    maxSessions = 100_000,
    maxSessionsPerOwner = maxSessions,
    onEvict = () => {},
  } = checkedOptions('memoryStore', options, ['maxSessions', 'maxSessionsPerOwner', 'now', 'onEvict'])
  for (const [name, value] of Object.entries({ maxSessions, maxSessionsPerOwner })) {
    if (Number.isSafeInteger(value) && value >= 1) continue
    throw new SessionError('BAD_OPTIONS', `memoryStore: \`${name}\` is ${kind(value)}.`, {
      fix: 'Give a whole number of at least 1.',
    })
  }
  return { maxSessions, maxSessionsPerOwner, now: clockOf(now), onEvict }
}
