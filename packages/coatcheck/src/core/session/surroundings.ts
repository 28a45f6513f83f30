import type { SessionError } from '../../errors.ts'
import type { Circumstances, Engine, LoadedSession, Persistence } from '../engine.ts'
import type { Emit } from '../model/events.ts'

/** The parts of its request that a session uses. */
export interface Surroundings {
  readonly now: () => number
  emit: Emit
  readonly core: { readonly engine: Engine; readonly persistence: Persistence }
  readonly request: Circumstances
  /** Whether the headers have left. */
  readonly finished: boolean
  /** Asked before each change once they have, and of a request that only looks; throws when it comes too late. */
  readonly admit: (what: string, newTicket: boolean) => void
}

/** The session that a request's tickets opened, or why there is none. */
export interface Opened {
  readonly loaded?: LoadedSession
  /** The store's error, when it could not be read. */
  readonly down?: SessionError
  /** There is a session, and its device did not send its cookie. */
  readonly lapsed?: object
  /** Why a commit will be refused, unless somebody signs in. */
  readonly blocked?: SessionError | undefined
}
