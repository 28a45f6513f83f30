import type { SessionError } from '../../errors.ts'
import type { LoadedSession } from '../engine.ts'
import type { Arrival, IncomingTickets } from './incoming.ts'
import type { HeaderLine } from './tickets.ts'

/** What a request session shows of what was decided. */
export interface Witnessed {
  /** Of a page that is made once for everybody. */
  readonly isForAll?: boolean
  readonly incoming: IncomingTickets
  readonly request: Arrival
  /** Whether anything asked for the session. */
  readonly asked: boolean
  /** What the request's tickets opened, once somebody asked. */
  readonly found:
    | { readonly loaded?: LoadedSession; readonly down?: SessionError; readonly blocked?: SessionError | undefined }
    | undefined
  readonly session: { readonly handle: string | undefined; readonly changed: boolean } | undefined
  /** Nothing is committed that was not asked for. */
  readonly commitsByCall: boolean
  /** Whether the headers have left. */
  readonly finished: boolean
  readonly lines: readonly HeaderLine[]
}

/** In development only: who is told of each request. */
export interface Witness {
  /** Until it can say anything. */
  readonly ready?: Promise<void> | undefined
  came(one: Witnessed, identity: object): void
  /** Whether a client that looks the same was given a ticket, and came without. */
  isLost(one: Witnessed): boolean
  /** What `Server-Timing` says of it. */
  timing(one: Witnessed): string | undefined
  /** The headers have left, or a change came later than that. */
  left(one: Witnessed): void
}
