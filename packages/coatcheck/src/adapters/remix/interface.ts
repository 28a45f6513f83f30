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
} from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import { idleLine } from '../../cookies/idle.ts'
import type { WebRequest } from '../../web.ts'
import type { CookieParseOptions, Made } from './cookies.ts'
import { ageOf, attributesOf, type CookieSerializeOptions } from './line.ts'
import { relayOf } from './relay.ts'
import { copyInto, endIn, refresh, scopeOf, viewOf } from './session.ts'
import type { CoatcheckSession, CoatcheckStorage, Session } from './types.ts'
import { upstreamAttributes } from './upstream.ts'
import { worded } from './words.ts'

const SESSIONS = new WeakMap<object, AnySessions>()

/** The sessions that a storage of ours keeps. */
export const sessionsBehind = (storage: object): AnySessions | undefined => SESSIONS.get(storage)

interface Ways {
  readonly cookie: Made
  /** The cookie's lines are the framework's own. */
  readonly isWired: boolean
  /** What the cookie holds is a ticket of ours. */
  readonly isTicket: boolean
  /** Sessions are rows of the application's database. */
  readonly isDatabase: boolean
}

/** The interface of Remix to `sessions`. */
export function storageWith<Data, Flash>(
  sessions: AnySessions,
  { cookie, isWired, isTicket, isDatabase }: Ways,
): CoatcheckStorage<Data, Flash> {
  const face = faceOf(sessions)
  const relay = cookie.relay && relayOf(cookie.relay, isTicket)
  const line = async (scope: Scope, options: CookieSerializeOptions = {}): Promise<string> => {
    const { maxAge, expires, ...attributes } = options
    ageOf({ maxAge })
    const how: Commit = {
      renews: true,
      always: Object.keys(options).length > 0 ? 'asked' : true,
      ...(maxAge !== undefined && { maxAge }),
      ...(expires && { expires }),
      ...(isWired
        ? { attributes: upstreamAttributes(options, cookie) }
        : Object.keys(attributes).length > 0 && { attributes: { ...attributesOf(attributes), httpOnly: true } }),
    }
    const { current } = await scope.commit(how)
    const [, ours] = current[0] ?? []
    if (ours !== undefined) return relay ? relay.give(ours, options) : ours
    const held = scope.ticket === undefined ? undefined : `${cookie.name}=${scope.ticket}`
    const [, value] = /^[^=]*=([^;]*)/.exec(held && relay ? await relay.give(held, options) : (held ?? '')) ?? []
    return idleLine(cookie.name, value)
  }
  /** Of requests that a handler inside `withSession` answers. */
  const answering = new WeakMap<WebRequest, Scope>()
  const storage: CoatcheckStorage<Data, Flash> = {
    getSession: worded(isDatabase, async (given?: string | null | WebRequest, options?: CookieParseOptions) => {
      const request = typeof given === 'object' && given !== null ? given : undefined
      const known = request && answering.get(request)
      const header = request ? request.headers.get('cookie') : (given as string | null | undefined)
      const presented = presentedBy(relay ? await relay.take(header, options) : header)
      const scope = known && !known.finished ? known : await openInContext(face, presented)
      await scope.open()
      return viewOf(scope) as unknown as CoatcheckSession<Data, Flash>
    }),
    commitSession: worded(isDatabase, async (session: Session<Data, Flash>, options?: CookieSerializeOptions) => {
      const scope = await scopeFor(face, session)
      refresh(scope)
      return line(scope, options)
    }),
    destroySession: worded(
      isDatabase,
      async (session: Session<Data, Flash>, { maxAge: _, expires: __, ...options }: CookieSerializeOptions = {}) => {
        const scope = await scopeFor(face, session)
        endIn(scope)
        return line(scope, options)
      },
    ),
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
  await scope.open()
  copyInto(scope, session as Session)
  return scope
}
