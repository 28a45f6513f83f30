import {
  type AnySessions,
  type Commit,
  type FaceSessions,
  faceOf,
  openInContext,
  presentedBy,
  type Scope,
  take,
  within,
} from '../../core/face.ts'
import { SessionError } from '../../errors.ts'
import type { WebRequest } from '../../web.ts'
import type { CookieParseOptions, Made } from './cookies.ts'
import { ageOf, attributesOf, type CookieSerializeOptions } from './line.ts'
import { copyInto, type Session, scopeOf, viewOf } from './session.ts'
import { upstreamAttributes } from './upstream.ts'

export interface SessionStorage<Data = Record<string, unknown>, Flash = Data> {
  /**
   * The session of a Cookie header, or of a request. Calls of one request that present the same live ticket get the same session, on Node,
   * on Deno and inside `withSession`. Who presents none gets a new session each time; inside `withSession`, one for each request that is
   * given as `Request`.
   */
  getSession(header?: string | null | WebRequest, options?: CookieParseOptions): Promise<Session<Data, Flash>>
  /**
   * Stores what changed; the Set-Cookie line, empty when there is nothing to tell the visitor. Rejects with `BAD_OPTIONS` for a session
   * of another storage.
   */
  commitSession(session: Session<Data, Flash>, options?: CookieSerializeOptions): Promise<string>
  /** Ends the session for good; the line that removes the cookie. Rejects with `BAD_OPTIONS` for a session of another storage. */
  destroySession(session: Session<Data, Flash>, options?: CookieSerializeOptions): Promise<string>
  /** Wraps a handler, so that inside it `getSession(request)` of the request that it was given is one session, of a new visitor too. */
  withSession<Args extends unknown[], R>(
    handler: (request: WebRequest, ...args: Args) => R,
  ): (request: WebRequest, ...args: Args) => R
}

const SESSIONS = new WeakMap<object, AnySessions>()

/** The sessions that a storage of ours keeps. */
export const sessionsBehind = (storage: object): AnySessions | undefined => SESSIONS.get(storage)

/** The interface of Remix to `sessions`. `upstream`: the cookie, where the framework's own is written. */
export function storageWith<Data, Flash>(sessions: AnySessions, upstream: Made | undefined): SessionStorage<Data, Flash> {
  const face = faceOf(sessions)
  const line = async (scope: Scope, options: CookieSerializeOptions = {}): Promise<string> => {
    const { maxAge, expires, ...attributes } = options
    ageOf({ maxAge })
    const how: Commit = {
      renews: true,
      ...(maxAge !== undefined && { maxAge }),
      ...(expires && { expires }),
      ...(upstream
        ? { attributes: upstreamAttributes(options, upstream) }
        : Object.keys(attributes).length > 0 && { attributes: { ...attributesOf(attributes), httpOnly: true } }),
    }
    const { current } = await scope.commit(how)
    return current[0]?.[1] ?? ''
  }
  /** Of requests that a handler inside `withSession` answers. */
  const answering = new WeakMap<WebRequest, Scope>()
  const storage: SessionStorage<Data, Flash> = {
    async getSession(given) {
      const request = typeof given === 'object' && given !== null ? given : undefined
      const known = request && answering.get(request)
      const presented = presentedBy(request ? request.headers.get('cookie') : (given as string | null | undefined))
      const scope = known && !known.finished ? known : await openInContext(face, presented)
      await scope.open()
      return viewOf(scope) as unknown as Session<Data, Flash>
    },
    commitSession: async (session, options) => line(await scopeFor(face, session), options),
    async destroySession(session, { maxAge: _, expires: __, ...options } = {}) {
      const scope = await scopeFor(face, session)
      scope.afresh()
      return line(scope, options)
    },
    withSession:
      (handler) =>
      (request, ...args) => {
        const scope = face.scope(request, request.headers)
        scope.commitsByCall = true
        take(scope)
        scope.enter()
        answering.set(request, scope)
        const finish = (): void => scope.finish()
        return within(request, () => handler(request, ...args), finish)
      },
  }
  SESSIONS.set(storage, sessions)
  return storage
}

/** The scope of a session of ours; a new one with the values of a session that no request has. */
async function scopeFor(face: FaceSessions, session: object): Promise<Scope> {
  const known = scopeOf(session)
  if (known?.core === face.core) return known
  if (known) {
    throw new SessionError('BAD_OPTIONS', 'The session was made by getSession() of another storage.', {
      fix: 'Give it to that storage; to copy its values into this one: commitSession(createSession(session.data)).',
    })
  }
  const scope = face.fromTicket(null)
  copyInto(await scope.open(), session as Session)
  return scope
}
