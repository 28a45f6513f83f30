import {
  type AnySessions,
  adapterOf,
  answeredByCall,
  type RequestHeaders,
  type RequestSession,
  type Session,
  type Sessions,
  take,
  throughAdapter,
  unlessOwn,
  within,
} from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import type { WebRequest, WebResponse } from '../../web.ts'
import { sessionsBehind } from '../remix/interface.ts'
import { viewOf } from '../remix/session.ts'
import type { CoatcheckSession, SessionStorage } from '../remix/types.ts'

/** The key of a value in React Router's context, as `createContext` makes it. */
export interface ContextKey<T> {
  readonly defaultValue?: T
}

/** The part of React Router's `RouterContextProvider` that is used here. */
export interface ContextProvider {
  get<T>(key: ContextKey<T>): T
  set(key: never, value: never): void
}

export interface MiddlewareArguments {
  readonly request: WebRequest
  readonly context: ContextProvider
}

/** `Opened`: what `getSession` gives. */
export interface SessionMiddleware<Data extends object, Flash extends object, Opened = Session<Data, Flash>> {
  /** For a route's `middleware`; at the root, all routes share it. It stores what changed before the headers leave. */
  readonly middleware: (args: MiddlewareArguments, next: () => Promise<WebResponse>) => Promise<WebResponse>
  /** The session of this request, opened when it is first asked for. Rejects with `NOT_WRAPPED` where the middleware did not run. */
  readonly getSession: (context: ContextProvider) => Promise<Opened>
}

/**
 * Sessions made by `createSessions`, or a storage of this package, as a middleware of React Router 7.9 and 8: no loader has to commit, and
 * none can forget to. Of a storage, loaders get the session that its `getSession` gives; a loader that still calls the storage's own
 * shares it, once its visitor has a ticket. Throws `BAD_OPTIONS` for another library's storage.
 */
export function sessionMiddleware<Data extends object, Flash extends object>(
  sessions: Sessions<Data, Flash>,
): SessionMiddleware<Data, Flash>
export function sessionMiddleware<Data extends object, Flash extends object>(
  storage: SessionStorage<Data, Flash>,
): SessionMiddleware<Data, Flash, CoatcheckSession<Data, Flash>>
export function sessionMiddleware(given: AnySessions | SessionStorage): SessionMiddleware<object, object, unknown> {
  const behind = sessionsBehind(given)
  if (!behind && 'commitSession' in given) {
    throw new SessionError('BAD_OPTIONS', 'The storage was not made by this package.', {
      fix: 'Make it with createSessionStorage, or another, of coatcheck/react-router, and pass the object itself.',
    })
  }
  const adapter = adapterOf(behind ?? (given as AnySessions))
  // The same as `createContext` makes: the object itself is the key.
  const key: ContextKey<RequestSession | null> = { defaultValue: null }
  async function through(request: WebRequest, context: ContextProvider, next: () => Promise<WebResponse>): Promise<WebResponse> {
    const requestSession = adapter.requestSession(request, presented(request))
    const before = context.get(key)
    if (before && before !== requestSession && !before.finished) throw sharedContext()
    context.set(key as never, requestSession as never)
    take(requestSession)
    return throughAdapter(
      requestSession,
      () => within(request, next),
      (response) => {
        // A storage that a loader used said of itself that nothing is stored by itself: here it is.
        requestSession.commitsByCall = false
        return answeredByCall(response, requestSession)
      },
    )
  }
  return {
    middleware: ({ request, context }, next) =>
      unlessOwn(
        adapter,
        request,
        () => through(request, context, next),
        (own) => own,
      ),
    async getSession(context) {
      const requestSession = context.get(key)
      if (requestSession) {
        const session = await requestSession.open()
        return behind ? viewOf(requestSession) : session
      }
      throw new SessionError('NOT_WRAPPED', 'The middleware of these sessions did not run for this route.', {
        fix: 'Export it as `middleware` from the root route.',
      })
    },
  }
}

/** Two visitors in one context would be given the session of whoever came last. */
const sharedContext = (): SessionError =>
  new SessionError('BAD_OPTIONS', 'The context of this request is that of another request, which is not answered yet.', {
    fix: 'Let getLoadContext() return a new RouterContextProvider for each request.',
  })

const presented = ({ headers }: WebRequest): RequestHeaders => headers
