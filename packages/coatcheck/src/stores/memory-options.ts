import { SessionError } from '../errors.ts'
import type { SessionRecord } from './store.ts'

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

const KNOWN = ['maxSessions', 'maxSessionsPerOwner', 'now', 'onEvict']

export function checkedMemoryOptions(options: MemoryStoreOptions): CheckedMemoryOptions {
  if (typeof options !== 'object' || options === null) throw wrong('the options must be an object')
  const unknown = Object.keys(options).find((name) => !KNOWN.includes(name))
  if (unknown !== undefined) throw wrong(`the option \`${unknown}\` does not exist`, `Known are ${KNOWN.join(', ')}.`)
  const { maxSessions = 100_000, maxSessionsPerOwner = maxSessions, now = () => Date.now(), onEvict = () => {} } = options
  for (const [name, value] of Object.entries({ maxSessions, maxSessionsPerOwner }))
    if (!Number.isSafeInteger(value) || value < 1) throw wrong(`${name} must be a whole number of at least 1, not ${value}`)
  for (const [name, value] of Object.entries({ now, onEvict }))
    if (typeof value !== 'function') throw wrong(`${name} must be a function`)
  return { maxSessions, maxSessionsPerOwner, now, onEvict }
}

const wrong = (what: string, fix?: string): SessionError =>
  new SessionError('BAD_OPTIONS', `memoryStore: ${what}.`, fix === undefined ? {} : { fix })
