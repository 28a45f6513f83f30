import type { SessionError } from '../../errors.ts'
import type { SessionState } from '../engine.ts'
import type { Emit } from '../model/events.ts'

/** What a session is given of its request. */
export interface Surroundings {
  readonly now: () => number
  readonly emit: Emit
  /** Asked before each change; throws when it comes too late. */
  readonly admit: (what: string, newTicket: boolean) => void
}

/** What a request's tickets opened. */
export interface Opened {
  readonly loaded?: SessionState
  /** What the store said when it was asked what there is. */
  readonly down?: SessionError
  /** Why a commit will be refused, unless somebody signs in. */
  readonly blocked?: SessionError | undefined
}
