import {
  type AnySessions,
  answered,
  faceOf,
  type Presented,
  type Scope,
  type Session,
  type Sessions,
  within,
} from '../../core/face.ts'
import { SessionError } from '../../errors.ts'

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
  readonly request: Request
  readonly context: ContextProvider
}

export interface SessionMiddleware<Data extends object, Flash extends object> {
  /** For a route's `middleware`; at the root, all routes share it. It stores what changed before the headers leave. */
  readonly middleware: (args: MiddlewareArguments, next: () => Promise<Response>) => Promise<Response>
  /** The session of this request, opened when it is first asked for. Rejects with `NO_DOOR` where the middleware did not run. */
  readonly getSession: (context: ContextProvider) => Promise<Session<Data, Flash>>
}

/**
 * Sessions made by `createSessions` as a middleware of React Router 7.9 and 8: no loader has to commit, and none can forget to. Storages
 * of this package share one session for each request inside it, on platforms too that do not tell requests apart.
 */
export function sessionMiddleware<Data extends object, Flash extends object>(
  sessions: Sessions<Data, Flash>,
): SessionMiddleware<Data, Flash> {
  const face = faceOf(sessions as AnySessions)
  // What `createContext` would make: a key is told from others by which object it is.
  const key: ContextKey<Scope | null> = { defaultValue: null }
  return {
    async middleware({ request, context }, next) {
      const scope = face.scope(request, presented(request))
      context.set(key as never, scope as never)
      scope.enter()
      let response: Response
      try {
        response = await within(request, next)
      } catch (error) {
        await scope.abandon()
        throw error
      }
      try {
        // A loader that throws is an answer of 500 here, and keeps nothing.
        await scope.close(response.status)
        return answered(response, [scope])
      } finally {
        scope.finish()
      }
    },
    async getSession(context) {
      const scope = context.get(key)
      if (scope) return (await scope.open()) as unknown as Session<Data, Flash>
      throw new SessionError('NO_DOOR', 'The middleware of these sessions did not run for this route.', {
        fix: 'Export it as `middleware` from the root route.',
      })
    },
  }
}

const presented = ({ headers }: Request): Presented => headers
