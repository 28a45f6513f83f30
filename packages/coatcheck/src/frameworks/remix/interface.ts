import {
  type AnySessions,
  ambient,
  type Commit,
  type FaceSessions,
  faceOf,
  lastWord,
  presentedBy,
  type Scope,
  within,
} from '../../core/face.ts'
import { SessionError } from '../../errors.ts'
import type { CookieParseOptions, Made } from './cookies.ts'
import { ageOf, attributesOf, type CookieSerializeOptions } from './line.ts'
import { copyInto, type Session, scopeOf, viewOf } from './session.ts'
import { upstreamAttributes } from './upstream.ts'

export interface SessionStorage<Data = Record<string, unknown>, Flash = Data> {
  /** The session of a Cookie header. Within one request of Node or Deno, and inside `withSession`, asking again gives the same one. */
  getSession(header?: string | null, options?: CookieParseOptions): Promise<Session<Data, Flash>>
  /**
   * Stores what changed; the Set-Cookie line, empty when there is nothing to tell the visitor. Rejects with `BAD_OPTIONS` for a session
   * of another storage.
   */
  commitSession(session: Session<Data, Flash>, options?: CookieSerializeOptions): Promise<string>
  /** Ends the session for good; the line that removes the cookie. Rejects with `BAD_OPTIONS` for a session of another storage. */
  destroySession(session: Session<Data, Flash>, options?: CookieSerializeOptions): Promise<string>
  /** For platforms that do not tell requests apart (Bun, Workers): within `handler` all that belongs to one request shares a session. */
  withSession<Args extends unknown[], R>(handler: (request: Request, ...args: Args) => R): (request: Request, ...args: Args) => R
}

const SESSIONS = new WeakMap<object, AnySessions>()
const SCOPES = new WeakMap<object, Set<Scope>>()

/** The sessions that a storage of ours keeps. */
export const sessionsBehind = (storage: object): AnySessions | undefined => SESSIONS.get(storage)

/** All that storages were asked for in a request. */
export const scopesIn = (identity: object): readonly Scope[] => [...(SCOPES.get(identity) ?? [])]

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
  const storage: SessionStorage<Data, Flash> = {
    async getSession(header) {
      const here = ambient()
      const presented = presentedBy(header)
      const scope = here ? face.scope(here.identity, presented) : face.detached(presented)
      if (here) remember(here.identity, scope)
      if (here?.res) lastWord(here.res, scope)
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
      (request, ...args) =>
        within(request, () => handler(request, ...args)),
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

function remember(identity: object, scope: Scope): void {
  const known = SCOPES.get(identity) ?? new Set()
  SCOPES.set(identity, known.add(scope))
}
