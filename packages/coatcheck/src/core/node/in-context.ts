import { areSame, besides, type Sharing } from '../identity.ts'
import { lazily } from '../process-singleton.ts'
import type { RequestHeaders } from '../request/incoming.ts'
import type { Core } from '../request/load.ts'
import type { RequestSession } from '../request/request-session.ts'
import { answerByCall } from '../request/response-headers.ts'
import { delayHeaders, type NodeResponse, nodeHeaders } from './delayed-headers.ts'
import { type RequestContext, requestContext } from './request-context.ts'

/** Request sessions that somebody has: one of these whose ticket opened nothing is not given to a second. */
const given = lazily('given', () => new WeakSet<RequestSession>())

/** Says that this request session is that of an object of the framework: a call found by the async context shares it with a live ticket only. */
export const take = (requestSession: RequestSession): void => void given().add(requestSession)

/** The open request session of a call that was given nothing but what its visitor presented. It commits by call alone. */
export async function openInContext(sharing: Sharing, presented: RequestHeaders): Promise<RequestSession> {
  const here = requestContext()
  if (here && presentsTheSame(sharing.core, here.presented, presented)) {
    const requestSession = sharing.requestSession(here.identity, presented)
    const isFirst = !given().has(requestSession)
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
    areSame(first.credentials, second.credentials) &&
    second.read.groups.some(({ values }) => values.some((value) => value !== ''))
  )
}

/** The request sessions that decide the headers of a response of node:http. */
interface Response {
  readonly requestSessions: Set<RequestSession>
  /** Sessions that anybody asked for while the response was made. */
  readonly beside: Set<RequestSession>
}

const responses = lazily('responses', () => besides<Response>())

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
  const known = responses().get(res)
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
  if (isHeld) responses().set(res, response)
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
