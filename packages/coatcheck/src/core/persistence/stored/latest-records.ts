import type { SessionError } from '../../../errors.ts'
import type { SessionRecord } from '../../../stores/store.ts'
import type { Contents, Forwarding } from '../../model/contents.ts'
import type { RefusalReason } from '../../model/events.ts'

/** A record as it was read or written. */
export interface VersionedRecord {
  readonly key: string
  readonly version: string
  /** Its place among the calls of this process: a read counts from when it began, a write from when it was done. */
  readonly at: number
  readonly record: SessionRecord
  readonly contents: Contents
  /** When it was created under this key, in milliseconds since the epoch. */
  readonly made: number
  /** The session has a new id since; the contents are those it had then. */
  readonly forwarding?: Forwarding
  /** Sealed with a secret that is not the newest. */
  readonly stale: boolean
  /** The record cannot be read; it is never replaced or removed for that. */
  readonly fault?: RefusalReason
  readonly error?: SessionError
}

/** So many are kept, */
const MOST = 500
/** and so much text of them, in UTF-16 units: this bounds the memory they take. */
const MOST_TEXT = 8_000_000
/** A larger one would take the place of too many others. */
const LARGEST = 262_144

/** So many sessions of which the last answer is remembered. */
const MOST_ANSWERS = 5000

/** What this process wrote last, session by session, for commits that come later. */
export class LatestRecords {
  readonly #byKey = new Map<string, VersionedRecord>()
  #text = 0
  readonly #answered = new Map<string, string>()

  /** The newer one of what a request read and what this process wrote since: against that one the request would lose. */
  newest(found: VersionedRecord): VersionedRecord {
    const latest = this.#byKey.get(found.key)
    return latest && latest.at > found.at ? latest : found
  }

  /** The last write of this process whose answer it has: nobody has to look for it any more. Not for good, and not after a fork. */
  answered(key: string): string | undefined {
    return this.#answered.get(key)
  }

  answer(key: string, write: string): void {
    this.#answered.delete(key)
    this.#answered.set(key, write)
    const [oldest] = this.#answered.keys()
    if (oldest !== undefined && this.#answered.size > MOST_ANSWERS) this.#answered.delete(oldest)
  }

  /**
   * What such a record holds, if it is the one remembered: then there is nothing to open and to decode. Texts are compared, not versions, so
   * that what was altered is seen; two texts of 16,384 characters take about a microsecond, and to decode one of 64,000 takes a hundred.
   */
  of(key: string, { data, owner, createdAt, endsAt }: SessionRecord): VersionedRecord | undefined {
    const latest = this.#byKey.get(key)
    const is = latest?.record
    return is?.data === data && is.owner === owner && is.createdAt === createdAt && is.endsAt === endsAt ? latest : undefined
  }

  remember(key: string, found: VersionedRecord | undefined): void {
    this.#forget(key)
    if (!found || found.forwarding || found.fault || found.record.data.length > LARGEST) return
    this.#byKey.set(key, found)
    this.#text += found.record.data.length
    while (this.#byKey.size > MOST || this.#text > MOST_TEXT) {
      const [oldest] = this.#byKey.keys()
      this.#forget(oldest as string)
    }
  }

  #forget(key: string): void {
    this.#text -= this.#byKey.get(key)?.record.data.length ?? 0
    this.#byKey.delete(key)
  }
}
