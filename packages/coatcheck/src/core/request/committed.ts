import type { Plan } from '../model/plan.ts'
import type { Times } from './lifetime-override.ts'
import type { HeaderLine, LineOptions } from './tickets.ts'

/** What one commit asks for besides. */
export interface Commit extends Times, Pick<LineOptions, 'attributes'> {
  /**
   * The interface gives a line each time: one that clears even who presented nothing, and that of a ticket which the visitor holds already,
   * where that undoes nothing because it is read again, or where it was `asked` for another look of it.
   */
  readonly always?: boolean | 'asked'
}

/** What one commit did. */
export interface Committed {
  readonly plan: Plan
  /** To put on the response now; empty when this commit gave the visitor nothing new. */
  readonly send: readonly HeaderLine[]
  /** What describes the session to this visitor, for interfaces that must return it each time; empty when there is nothing to say. */
  readonly current: readonly HeaderLine[]
  /** The secret value, when this request gave one out. */
  readonly ticket: string | undefined
}
