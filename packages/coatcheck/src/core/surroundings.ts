import type { Emit } from './events.ts'

/** What a session is given of its request. */
export interface Surroundings {
  readonly now: () => number
  readonly emit: Emit
  /** Asked before each change; throws when it comes too late. */
  readonly admit: (what: string, newTicket: boolean) => void
}
