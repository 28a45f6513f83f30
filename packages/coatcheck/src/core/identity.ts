/**
 * Who shares a session within a request.
 *
 * 1. By an object of the framework that stands for one request (its Request, its context, its event): calls that are given the same
 *    object and present the same credentials have the same request session, until the request is answered. This is `requestSession`.
 * 2. By the async context: calls that present the same ticket as the request whose context they run in, when that ticket opens a
 *    session. This is `openInContext` of node/in-context.ts. Whoever presents nothing, or what opens nothing, has a session of their own at
 *    every call.
 *
 * The context alone proves nothing. A callback runs in the context of whoever registered it: of the visitor who came first and opened
 * the connection, or who waited first for what all wait for. Two visitors in one context are told apart by their tickets only, and
 * visitors without a ticket by nothing. So no session and no header crosses by the context: a line that `beforeHeadersLeave` sends goes to the
 * request that presented the ticket itself.
 */

import type { Core } from './request/load.ts'
import { RequestSession } from './request/request-session.ts'
import type { RequestHeaders } from './request/tickets.ts'

/** Gives the request sessions of one `createSessions`. */
export interface Sharing {
  readonly core: Core
  /**
   * The request session of a request: the same for the same `identity` presenting the same credentials, until the request is answered. `identity`
   * must stand for one request and no other: for who presents nothing it is all that tells two visitors apart.
   */
  requestSession(identity: object, presented: RequestHeaders): RequestSession
  /** From here on `other`, and what its `clone()` gives, stands for the same request as `identity`. */
  stands(other: object, identity: object): void
  /** A request session that nobody shares. */
  detached(presented: RequestHeaders): RequestSession
}

interface Known {
  readonly credentials: readonly string[]
  readonly requestSession: RequestSession
}

/** Compared only where there are two: a key of a map would cost as much as a long header has characters. */
export const areSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((part, at) => part === other[at])

/** The request sessions of `core`; `newest`: the one that was last asked for with an identity, or with what it stands for. */
export function sharingOf(core: Core): Sharing & { newest(identity: object): RequestSession | undefined } {
  const requestSessions = new WeakMap<object, Known[]>()
  const newest = new WeakMap<object, RequestSession>()
  const meant = new WeakMap<object, object>()
  const isUnderWay = (identity: object): boolean => newest.get(identity)?.finished === false
  const stands = (other: object, identity: object): void => {
    const before = meant.get(other)
    // Of contexts within one another around one request the outermost is answered last.
    if (before && isUnderWay(before)) return
    meant.set(other, identity)
    if (!before) onClone(other, (copy) => stands(copy, meant.get(other) ?? identity))
  }
  return {
    core,
    newest: (identity) => newest.get(identity) ?? newest.get(meant.get(identity) ?? identity),
    stands,
    detached: (presented) => new RequestSession(core, core.transport.incoming(presented), presented),
    requestSession(identity, presented) {
      const incoming = core.transport.incoming(presented)
      const known = requestSessions.get(identity) ?? []
      // A request that was answered and comes again is another request.
      const open = known.filter(({ requestSession }) => !requestSession.finished)
      const before = open.find(({ credentials }) => areSame(credentials, incoming.credentials))
      const requestSession = before?.requestSession ?? new RequestSession(core, incoming, presented)
      requestSessions.set(identity, before ? open : [...open, { credentials: incoming.credentials, requestSession }])
      newest.set(identity, requestSession)
      return requestSession
    },
  }
}

/** Tells of each clone of `request`. A clone knows nothing of what it was made from, so what makes it is wrapped, where that can be done. */
function onClone(request: object & { clone?: unknown }, tell: (copy: object) => void): void {
  const { clone } = request
  if (typeof clone !== 'function') return
  const value = (): object => {
    const copy: object = Reflect.apply(clone, request, [])
    tell(copy)
    return copy
  }
  Reflect.defineProperty(request, 'clone', { value, configurable: true, writable: true })
}
