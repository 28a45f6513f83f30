import type { Maybe } from '../../crypto/maybe.ts'
import type { Found, Store } from '../../stores/store.ts'
import type { Policy } from '../model/lifetime.ts'
import type { Observers } from '../model/observing.ts'
import type { VersionedRecord } from '../persistence/stored/versioned-record.ts'

/** What a watcher needs of the engine. */
export interface Watching extends Observers {
  readonly now: () => number
  readonly policy: Policy
  /** Milliseconds that one call of the store may take. */
  readonly storeTimeout: number
  /** Waits between two rounds of a watcher. Default: for so many milliseconds, and no process goes on for it. */
  readonly nap?: (ms: number) => Promise<void>
}

/** How the sessions of a store are watched. */
export interface Watchable {
  readonly store: Store
  readonly engine: Watching
  read(key: string): Maybe<VersionedRecord | undefined>
  /** What the store's `readMany` found. Left out: only `read` tells the truth. */
  readonly given?: (key: string, found: Found | undefined) => Maybe<VersionedRecord | undefined>
}

export type { VersionedRecord }
