import type { SessionError } from '../../errors.ts'
import type { ChangeSet, Circumstances, Engine, LoadedSession, Persistence } from '../engine.ts'
import type { Emit } from '../model/events.ts'
import type { NO_FLASH } from './flash.ts'
import type { Intended } from './intents.ts'
import type { TakenValues } from './values.ts'

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

/** What one commit takes of a session, with what is needed to put it back. */
export interface Taken extends ChangeSet {
  /** Values, flash values or what stands beside them change. */
  readonly isChange: boolean
  readonly values: TakenValues
  readonly flashes: typeof NO_FLASH
  readonly intents: Intended
  readonly ends: number
  readonly clears: number
}
