import { type AnySessions, adapterOf, type Core, type SessionsByOwner } from '../core/inspecting.ts'
import { Browser } from './browse.ts'
import type { StoreRow } from './guarantees.ts'
import { type Recording, recordingOf } from './recorder.ts'
import type { Redact } from './redact.ts'

/** What every page is made from. */
export interface Site {
  readonly core: Core
  readonly sessions: SessionsByOwner
  /** undefined: there is no store, or only an application's own functions. */
  readonly browser: Browser | undefined
  /** undefined: nobody records. */
  readonly recording: Recording | undefined
  readonly redact: Redact
  /** The row of docs/stores.md, where it is known. */
  readonly store: StoreRow | undefined
  now(): number
}

/** The methods of sessions that end them. */
export type Ending = AnySessions & SessionsByOwner

/** Throws `BAD_OPTIONS` for what `createSessions` did not make. */
export function siteOf(sessions: Ending, redact: Redact, store: StoreRow | undefined): Site {
  const { core } = adapterOf(sessions)
  const { live } = core.persistence
  const isMemory = live !== undefined && IN_MEMORY in live.store
  return {
    core,
    sessions,
    browser: live && new Browser(live, core),
    get recording() {
      return recordingOf(core.engine.telemetry)
    },
    redact,
    store: store ?? (isMemory ? 'memory' : undefined),
    now: () => core.engine.now(),
  }
}

/** The mark of `memoryStore`. */
const IN_MEMORY = Symbol.for('coatcheck.memory')
