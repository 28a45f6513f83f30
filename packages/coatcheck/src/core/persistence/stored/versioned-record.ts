import type { SessionError } from '../../../errors.ts'
import type { SessionRecord } from '../../../stores/store.ts'
import type { Contents, Forwarding } from '../../model/contents.ts'
import type { RefusalReason } from '../../model/events.ts'

/** A record as it was read or written. */
export interface VersionedRecord {
  readonly key: string
  readonly version: string
  /** Its number among the calls of this process: of a read from its beginning, of a write from its end. */
  readonly at: number
  readonly record: SessionRecord
  readonly contents: Contents
  /** When it was created under this key, in milliseconds since the epoch. */
  readonly made: number
  /** The session has a new id; the contents are those of that moment. */
  readonly forwarding?: Forwarding
  /** Sealed with a secret that is not the newest. */
  readonly stale: boolean
  /** Why the record cannot be read. Such a record is never replaced or removed. */
  readonly fault?: RefusalReason
  readonly error?: SessionError
}

/** Stands for a record that cannot be read. */
export const NO_RECORD: SessionRecord = { data: '', createdAt: 0, endsAt: 0, expiresAt: 0 }
