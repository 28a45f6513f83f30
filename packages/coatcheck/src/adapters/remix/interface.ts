import { idleLine } from '../../cookies/idle.ts'
import {
  type AdapterSessions,
  type AnySessions,
  adapterOf,
  besides,
  type Commit,
  headersOf,
  openInContext,
  type RequestSession,
  take,
  within,
} from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import type { WebRequest } from '../../web.ts'
import type { CookieParseOptions, Made } from './cookies.ts'
import { ageOf, attributesOf, type CookieSerializeOptions } from './line.ts'
import { relayOf } from './relay.ts'
import { copyInto, endIn, refresh, requestSessionOf, viewOf } from './session.ts'
import type { CoatcheckSession, CoatcheckStorage, Session } from './types.ts'
import { upstreamAttributes } from './upstream.ts'
import { worded } from './words.ts'

const SESSIONS = new WeakMap<object, AnySessions>()

/** The sessions that a storage of ours keeps. */
export const sessionsBehind = (storage: object): AnySessions | undefined => SESSIONS.get(storage)

interface Ways {
  readonly cookie: Made
  /** The cookie's lines are the framework's own. */
  readonly isUpstream: boolean
  /** The cookie holds a ticket of ours. */
  readonly isTicket: boolean
  /** Sessions are rows of the application's database. */
  readonly isDatabase: boolean
}

/** The interface of Remix to `sessions`. */
export function storageWith<Data, Flash>(
  sessions: AnySessions,
  { cookie, isUpstream, isTicket, isDatabase }: Ways,
): CoatcheckStorage<Data, Flash> {
  const adapter = adapterOf(sessions)
  const relay = cookie.relay && relayOf(cookie.relay, isTicket)
  const line = async (requestSession: RequestSession, options: CookieSerializeOptions = {}): Promise<string> => {
    const { maxAge, expires, ...attributes } = options
    ageOf({ maxAge })
    const how: Commit = {
      renews: true,
      always: Object.keys(options).length > 0 ? 'asked' : true,
      ...(maxAge !== undefined && { maxAge }),
      ...(expires && { expires }),
      ...(isUpstream
        ? { attributes: upstreamAttributes(options, cookie) }
        : Object.keys(attributes).length > 0 && { attributes: { ...attributesOf(attributes), httpOnly: true } }),
    }
    const { current } = await requestSession.commit(how)
    const [, ours] = current[0] ?? []
    if (ours !== undefined) return relay ? relay.give(ours, options) : ours
    const held = requestSession.ticket === undefined ? undefined : `${cookie.name}=${requestSession.ticket}`
    const [, value] = /^[^=]*=([^;]*)/.exec(held && relay ? await relay.give(held, options) : (held ?? '')) ?? []
    return idleLine(cookie.name, value)
  }
  /** Of requests that a handler inside `withSession` answers. */
  const answering = besides<RequestSession>()
  const storage: CoatcheckStorage<Data, Flash> = {
    getSession: worded(isDatabase, async (given?: string | null | WebRequest, options?: CookieParseOptions) => {
      const request = typeof given === 'object' && given !== null ? given : undefined
      const known = request && answering.get(request)
      const header = request ? request.headers.get('cookie') : (given as string | null | undefined)
      const presented = headersOf(relay ? await relay.take(header, options) : header)
      const requestSession = known && !known.finished ? known : await openInContext(adapter, presented)
      await requestSession.open()
      return viewOf(requestSession) as unknown as CoatcheckSession<Data, Flash>
    }),
    commitSession: worded(isDatabase, async (session: Session<Data, Flash>, options?: CookieSerializeOptions) => {
      const requestSession = await requestSessionFor(adapter, session)
      refresh(requestSession)
      return line(requestSession, options)
    }),
    destroySession: worded(
      isDatabase,
      async (session: Session<Data, Flash>, { maxAge: _, expires: __, ...options }: CookieSerializeOptions = {}) => {
        const requestSession = await requestSessionFor(adapter, session)
        endIn(requestSession)
        return line(requestSession, options)
      },
    ),
    withSession:
      (handler) =>
      (request, ...args) => {
        const requestSession = adapter.requestSession(request, request.headers)
        requestSession.commitsByCall = true
        take(requestSession)
        requestSession.enter()
        answering.set(request, requestSession)
        const finish = (): void => requestSession.finish()
        return within(request, () => handler(request, ...args), finish)
      },
  }
  SESSIONS.set(storage, sessions)
  return storage
}

/** The request session of a session of ours; a new one with the values of a session that no request has. */
async function requestSessionFor(adapter: AdapterSessions, session: object): Promise<RequestSession> {
  const known = requestSessionOf(session)
  if (known?.core === adapter.core) return known
  if (known) {
    throw new SessionError('BAD_OPTIONS', 'The session was made by getSession() of another storage.', {
      fix: 'Give it to that storage; to copy its values into this one: commitSession(createSession(session.data)).',
    })
  }
  const requestSession = adapter.fromTicket(null)
  await requestSession.open()
  copyInto(requestSession, session as Session)
  return requestSession
}
