import {
  type AdapterSessions,
  beforeHeadersLeave,
  keepPrivate as keepOut,
  type LiveSession,
  type RequestContext,
  type RequestSession,
  requestContext,
  setOrReduce,
  watchRequests,
} from '../../core/adapter.ts'
import type { WebRequest } from '../../web.ts'
import { type CookieOptions, type Lasting, lastingOf, type Values } from './config.ts'
import { areLive, type HydrogenRequestLike, keepPrivate, liveValues } from './values.ts'

/** The storage that Hydrogen expects for one request. */
export interface SessionStorageAdapter {
  /** The session's values. What is changed in them is stored by `set` alone. Rejects when the store fails. */
  get(request: WebRequest): Promise<Values>
  /** Makes these the session's values, and stores what that changes. The `Set-Cookie` line for the response; empty: none is needed. */
  set(request: WebRequest, values: Values): Promise<string>
  /** Ends the session for good. The line that clears its cookie; empty: there is none to clear. */
  destroy(request: WebRequest): Promise<string>
}

/** The function for `session` of Hydrogen's configuration: called for each request, with Hydrogen's log. */
export type SessionStorageFactory = (log?: object) => SessionStorageAdapter

/** The session of one request. */
interface Visit {
  readonly cookie: string | null
  readonly requestSession: RequestSession
  /** The request that it seemed to run in when it was made. */
  readonly here: RequestContext | undefined
  /** Node's response carries the cookie, whatever Hydrogen does with the text it is given. */
  isHeld: boolean
}

const SCOPES = new WeakMap<SessionStorageAdapter, (request: WebRequest) => RequestSession>()

/** The request session of a request behind an adapter; undefined for one that is not of ours. */
export const requestSessionOf = (adapter: SessionStorageAdapter, request: WebRequest): RequestSession | undefined =>
  SCOPES.get(adapter)?.(request)

// Not by a call: Hydrogen evaluates its configuration within the first request, which is to be seen from its start.
watchRequests()

/**
 * `sessions` is called when somebody asks for a session: a build evaluates the configuration too, where secrets are not set. That they are
 * missing is told by each session then: Hydrogen answers those with 500, and ends the process where an adapter cannot be made.
 */
export function storageOf(sessions: () => AdapterSessions, options: CookieOptions): SessionStorageFactory {
  const lasting = options.absoluteTimeout === undefined ? lastingOf(options) : {}
  return (log) => adapterOf(sessions, lasting, log !== undefined)
}

function adapterOf(sessions: () => AdapterSessions, lasting: Lasting, isForOne: boolean): SessionStorageAdapter {
  const visits = new WeakMap<WebRequest, Visit>() // one for each request: `besides` would make a class for each
  let latest: Visit | undefined

  /**
   * Hydrogen makes an adapter for each of its requests, and comes again with a request of its own making, often without cookies, when a
   * route answers with one. With an adapter that a site shares by mistake, such a request in another context is another visitor's.
   */
  function visitOf(request: HydrogenRequestLike): Visit {
    const before = visits.get(request)
    if (before && !before.requestSession.finished) return before
    const here = request.ctx?.router ? requestContext() : undefined
    const cookie = request.headers.get('cookie')
    const adapter = sessions()
    const first = isForOne && latest?.here === here && !latest?.requestSession.finished ? latest : undefined
    const visit =
      first && (cookie === null || cookie === first.cookie)
        ? first
        : {
            cookie,
            requestSession: isForOne ? adapter.detached(request.headers) : adapter.requestSession(request, request.headers),
            here,
            isHeld: false,
          }
    visits.set(request, visit)
    latest = first ?? visit
    return visit
  }

  async function opened(request: HydrogenRequestLike): Promise<{ visit: Visit; session: LiveSession }> {
    const visit = visitOf(request)
    const session = await visit.requestSession.open()
    if (visit.here) keepOut(visit.here, visit.requestSession)
    visit.isHeld ||= visit.here !== undefined && isHeldBy(visit.here, visit.requestSession, request)
    return { visit, session }
  }

  /** A commit of new values makes the session last from now on; once the headers have left, no cookie can follow a longer lifetime. */
  async function commit({ requestSession, isHeld }: Visit, isSet = false): Promise<string> {
    const { current } = await requestSession.commit(isSet && !requestSession.finished ? { ...lasting, renews: true } : {})
    const line = current.find(([name]) => name === 'set-cookie')
    return isHeld ? '' : (line?.[1] ?? '')
  }

  const adapter: SessionStorageAdapter = {
    async get(request) {
      const { session, visit } = await opened(request)
      return liveValues(session, visit.requestSession.core.engine.emit, () => keepPrivate(request))
    },
    async set(request, values) {
      const { visit, session } = await opened(request)
      if (!areLive(values, session)) {
        for (const [key, value] of Object.entries(values)) setOrReduce(session, visit.requestSession.core.engine.emit, key, value)
        for (const key of session.keys()) if (!Object.hasOwn(values, key)) session.delete(key)
      }
      return commit(visit, true)
    },
    async destroy(request) {
      const { visit, session } = await opened(request)
      session.restart() // a route may go on to set values, of a new session
      return commit(visit)
    },
  }
  SCOPES.set(adapter, (request) => visitOf(request).requestSession)
  return adapter
}

/**
 * Hydrogen loses cookies on several ways: node's response itself has the last word, where it answers the request that presented the same
 * ticket. What was not `set` by then is forgotten.
 */
function isHeldBy(here: RequestContext, requestSession: RequestSession, { headers }: WebRequest): boolean {
  const word = beforeHeadersLeave(here, requestSession, headers)
  if (word === 'left' && here.node?.res.headersSent) requestSession.finish()
  return word === 'kept'
}
