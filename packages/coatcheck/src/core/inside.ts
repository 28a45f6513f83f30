import { SessionError } from '../errors.ts'
import type { Sharing } from './identity.ts'
import type { AdapterOptions } from './options/options.ts'
import { lazily } from './process-singleton.ts'
import type { RequestHeaders } from './request/incoming.ts'
import type { RequestSession } from './request/request-session.ts'
import type { HeaderLine } from './request/tickets.ts'

/** The sessions of one site, as adapters use them. */
export interface AdapterSessions extends Sharing {
  readonly options: AdapterOptions
  /** A request session for a ticket by itself. */
  fromTicket(ticket: string | null): RequestSession
  /** A request session for tickets that an adapter itself took out of what its request presented. */
  fromTickets(tickets: readonly string[], presented?: RequestHeaders): RequestSession
  /** The headers that clear a presented ticket; nobody looks at what the ticket opens. */
  clearing(presented: RequestHeaders): HeaderLine[]
}

/** The sessions of any site, whatever they hold. */
export interface AnySessions {
  open(request: never): Promise<unknown>
}

/** By what `createSessions` returned. */
export const insides: () => WeakMap<object, AdapterSessions> = lazily('adapters', () => new WeakMap<object, AdapterSessions>())

/** The inside of `sessions`, for adapters. */
export function adapterOf(sessions: AnySessions): AdapterSessions {
  const adapter = insides().get(sessions)
  if (adapter) return adapter
  throw new SessionError('BAD_OPTIONS', 'What was passed as sessions was not made by createSessions().', {
    fix: 'Pass the object that createSessions() returned.',
  })
}
