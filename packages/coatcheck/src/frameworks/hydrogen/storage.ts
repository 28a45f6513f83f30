import { ambient, type FaceSessions, lastWord, type NodeResponse, type Scope, watchRequests } from '../../core/face.ts'
import { type CookieOptions, type Lasting, lastingOf, type Values } from './config.ts'
import { areLive, type HydrogenRequestLike, keepPrivate, liveValues } from './values.ts'

/** What Hydrogen asks of a storage, for one request. */
export interface SessionStorageAdapter {
  /** The session's values. What is changed in them is stored by `set` alone. Rejects when the store fails. */
  get(request: Request): Promise<Values>
  /** Makes these the session's values, and stores what that changes. The `Set-Cookie` line for the response; empty: none is needed. */
  set(request: Request, values: Values): Promise<string>
  /** Ends the session for good. The line that clears its cookie; empty: there is none to clear. */
  destroy(request: Request): Promise<string>
}

/** What goes into Hydrogen's configuration as `session`: called for each request, with Hydrogen's log. */
export type SessionStorageFactory = (log?: object) => SessionStorageAdapter

/** The session of one request. */
interface Visit {
  readonly cookie: string | null
  readonly scope: Scope
  /** Node's response carries the cookie, whatever Hydrogen does with the text it is given. */
  readonly isHeld: boolean
}

const SCOPES = new WeakMap<SessionStorageAdapter, (request: Request) => Scope>()

/** The scope of a request behind an adapter; undefined for one that is not of ours. */
export const scopeOf = (adapter: SessionStorageAdapter, request: Request): Scope | undefined => SCOPES.get(adapter)?.(request)

/** `sessions` is called when a request comes: a build evaluates the configuration too, where secrets are not set. */
export function storageOf(sessions: () => FaceSessions, options: CookieOptions): SessionStorageFactory {
  const lasting = options.absoluteTimeout === undefined ? lastingOf(options) : {}
  return (log) => {
    watchRequests()
    return adapterOf(sessions(), lasting, log !== undefined)
  }
}

function adapterOf(face: FaceSessions, lasting: Lasting, isForOne: boolean): SessionStorageAdapter {
  const visits = new WeakMap<object, Visit>()

  /** Hydrogen comes again with a request of its own making, often without cookies, when a route answers with one. */
  function visitOf(request: HydrogenRequestLike): Visit {
    const here = request.ctx?.router ? ambient() : undefined
    const identity = here?.identity ?? (isForOne ? adapter : request)
    const cookie = request.headers.get('cookie')
    const known = visits.get(identity)
    if (known && (cookie === null || cookie === known.cookie)) return known
    const scope = face.scope(identity, request.headers)
    const visit = { cookie, scope, isHeld: here?.res !== undefined && isHeldBy(here.res, scope) }
    if (!known) visits.set(identity, visit)
    return visit
  }

  async function commit({ scope, isHeld }: Visit): Promise<string> {
    // After the headers no cookie can follow a longer life.
    const isNews = scope.session?.changed && !scope.finished
    const { current } = await scope.commit(isNews ? lasting : {})
    const line = current.find(([name]) => name === 'set-cookie')
    return isHeld ? '' : (line?.[1] ?? '')
  }

  const adapter: SessionStorageAdapter = {
    async get(request) {
      const session = await visitOf(request).scope.open()
      return liveValues(session, () => keepPrivate(request))
    },
    async set(request, values) {
      const visit = visitOf(request)
      const session = await visit.scope.open()
      if (!areLive(values, session)) session.replace(values)
      return commit(visit)
    },
    async destroy(request) {
      const visit = visitOf(request)
      const session = await visit.scope.open()
      session.restart() // a route may go on to set values, of a new session
      return commit(visit)
    },
  }
  SCOPES.set(adapter, (request) => visitOf(request).scope)
  return adapter
}

/** Hydrogen loses cookies on several ways: the response itself has the last word. What was not `set` by then is forgotten. */
function isHeldBy(res: NodeResponse, scope: Scope): boolean {
  if (lastWord(res, scope)) return true
  if (res.headersSent) scope.finish()
  return false
}
