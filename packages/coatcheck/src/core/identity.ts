/**
 * Which calls share a session within a request.
 *
 * 1. `requestSession`: calls with the same object of the framework that stands for one request (its Request, context or event) and with
 *    the same credentials, until the request is answered.
 * 2. `openInContext`: calls that present the same ticket as the request in whose async context they run, when the ticket opens a session.
 *    A call that presents nothing, or a ticket that opens nothing, gets a session of its own each time.
 *
 * The context alone proves nothing. A callback runs in the context that registered it: of the visitor who opened the connection first, or
 * waited first for what all wait for. Only tickets tell two visitors in one context apart. So no session and no header crosses by the
 * context: `beforeHeadersLeave` sends a line only to the request that presented the ticket itself.
 */

import { delayHeaders, type NodeResponse, nodeHeaders } from './node/delayed-headers.ts'
import { type RequestContext, requestContext } from './node/request-context.ts'
import type { Core } from './request/load.ts'
import { RequestSession } from './request/request-session.ts'
import { answerByCall } from './request/response-headers.ts'
import type { RequestHeaders } from './request/tickets.ts'

/** Gives the request sessions of one `createSessions`. */
export interface Sharing {
  readonly core: Core
  /**
   * The request session of a request: the same for the same `identity` and credentials, until the request is answered. `identity` must
   * stand for one request and no other: nothing else tells two visitors apart who present nothing.
   */
  requestSession(identity: object, presented: RequestHeaders): RequestSession
  /** From here on `other`, and what its `clone()` gives, stands for the same request as `identity`. */
  stands(other: object, identity: object): void
  /** A request session that nobody shares. */
  detached(presented: RequestHeaders): RequestSession
}

/** Compared only where there are two: a key of a map would cost as much as a long header has characters. */
const areSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((part, at) => part === other[at])

/** The request sessions of `core`; `newest`: the one that was last asked for with an identity, or with what it stands for. */
export function sharingOf(core: Core): Sharing & { newest(identity: object): RequestSession | undefined } {
  const newest = new WeakMap<object, RequestSession>()
  /** Where one request was presented with different credentials: all that are open. */
  const several = new WeakMap<object, RequestSession[]>()
  const meant = new WeakMap<object, object>()
  /** The identity that an object, or the object that it was cloned from, stands for. */
  const standsFor = (object: object): object | undefined => {
    let at: object | undefined = object
    while (at && !meant.has(at) && !newest.has(at)) at = origins.get(at)
    return at && (meant.get(at) ?? at)
  }
  return {
    core,
    newest: (identity) => newest.get(identity) ?? newest.get(standsFor(identity) ?? identity),
    stands(other, identity) {
      tellClones(other)
      // Of contexts within one another around one request the outermost is answered last.
      if (other !== identity && newest.get(standsFor(other) ?? other)?.finished !== false) meant.set(other, identity)
    },
    detached: (presented) => new RequestSession(core, core.transport.incoming(presented), presented),
    requestSession(identity, presented) {
      const incoming = core.transport.incoming(presented)
      const last = newest.get(identity)
      // A request that was answered and comes again is another request.
      const open = last && (several.get(identity) ?? [last]).filter(({ finished }) => !finished)
      const before = open?.find((each) => areSame(each.incoming.credentials, incoming.credentials))
      const requestSession = before ?? new RequestSession(core, incoming, presented)
      if (open) several.set(identity, before ? open : [...open, requestSession])
      newest.set(identity, requestSession)
      return requestSession
    },
  }
}

/** The original of each clone. */
const origins = new WeakMap<object, object>()

/** For each `clone` of a platform, the one that also tells of what was cloned. */
const telling = new WeakMap<object, unknown>()

/** Wraps `clone` of this request: a clone itself does not say what it was made from. */
function tellClones(request: object & { clone?: unknown }): void {
  const { clone } = request
  if (typeof clone !== 'function' || telling.get(clone) === clone) return
  let value = telling.get(clone)
  if (value === undefined) {
    value = function (this: object): object {
      const copy: object = Reflect.apply(clone, this, [])
      origins.set(copy, this)
      tellClones(copy)
      return copy
    }
    telling.set(clone, value)
    telling.set(value as object, value)
  }
  Reflect.defineProperty(request, 'clone', { value, configurable: true, writable: true })
}

/** Request sessions that somebody has: one of these whose ticket opened nothing is not given to a second. */
const taken = new WeakSet<RequestSession>()

/** Says that this request session is that of an object of the framework: who is found by the async context shares it with a live ticket only. */
export const take = (requestSession: RequestSession): void => void taken.add(requestSession)

/** The open request session of a call that was given nothing but what its visitor presented. It commits by call alone. */
export async function openInContext(sharing: Sharing, presented: RequestHeaders): Promise<RequestSession> {
  const here = requestContext()
  if (here && presentsTheSame(sharing.core, here.presented, presented)) {
    const requestSession = sharing.requestSession(here.identity, presented)
    const isFirst = !taken.has(requestSession)
    take(requestSession)
    await requestSession.open()
    if (requestSession.isProven || isFirst) {
      keepPrivate(here, requestSession)
      requestSession.commitsByCall = true
      beforeHeadersLeave(here, requestSession, presented)
      return requestSession
    }
  }
  const own = sharing.detached(presented)
  own.commitsByCall = true
  if (here) keepPrivate(here, own)
  await own.open()
  return own
}

/** Whether both present the same to these sessions, and not nothing. */
function presentsTheSame({ transport }: Core, one: RequestHeaders, other: RequestHeaders): boolean {
  const [first, second] = [transport.incoming(one), transport.incoming(other)]
  return (
    areSame(first.credentials, second.credentials) && second.groups.some(({ values }) => values.some((value) => value !== ''))
  )
}

/** The request sessions that decide the headers of a response of node:http. */
interface Response {
  readonly requestSessions: Set<RequestSession>
  /** Sessions that anybody asked for while the response was made. */
  readonly beside: Set<RequestSession>
}

const responses = new WeakMap<NodeResponse, Response>()

/**
 * The last word on what an open request session answers: when the headers of the response around `here` leave, the newest of its lines goes with
 * them, whatever the application did with those it was given. Only where the request that this response answers presented the same
 * ticket itself, and the ticket opened the session: else it is not the request session's own. `left`: its headers have.
 */
export function beforeHeadersLeave(
  { node }: RequestContext,
  requestSession: RequestSession,
  presented: RequestHeaders,
): 'kept' | 'left' | 'not its own' {
  if (!node || !requestSession.isProven || !presentsTheSame(requestSession.core, node.presented, presented)) return 'not its own'
  return speakOn(node.res, requestSession) ? 'kept' : 'left'
}

/** `beforeHeadersLeave` for a response that is known to be this request session's. */
export function speakOn(res: NodeResponse, requestSession: RequestSession): boolean {
  // These commit by call alone: what was changed and never committed is not meant to be stored.
  requestSession.commitsByCall = true
  const response = watched(res)
  response?.requestSessions.add(requestSession)
  return response !== undefined
}

/**
 * A response in whose context somebody was shown a session, or began one, stays out of shared caches. That is all the context can do to it.
 */
export function keepPrivate({ node }: RequestContext, requestSession: RequestSession): void {
  if (node) watched(node.res)?.beside.add(requestSession)
}

function watched(res: NodeResponse): Response | undefined {
  const known = responses.get(res)
  if (known) return known
  const response: Response = { requestSessions: new Set(), beside: new Set() }
  const { requestSessions } = response
  const isHeld = delayHeaders(res, {
    before() {
      const underWay = [...requestSessions].flatMap((each) => each.underWay ?? [])
      const speak = () => complete(res, response)
      return underWay.length > 0 ? Promise.allSettled(underWay).then(speak) : speak()
    },
    failed: () => {},
    sent: () => {
      for (const each of requestSessions) each.finish()
    },
  })
  if (isHeld) responses.set(res, response)
  return isHeld ? response : undefined
}

function complete(res: NodeResponse, { requestSessions, beside }: Response): void {
  for (const core of new Set([...beside, ...requestSessions].map((requestSession) => requestSession.core))) {
    const shows = [...beside].some(
      (requestSession) => requestSession.core === core && (requestSession.incoming.presents || requestSession.gave.size > 0),
    )
    answerByCall(nodeHeaders(res), core, requestSessions, shows)
  }
}
