import { DEVICE, type LiveSession, propertiesOf } from '../core/adapter.ts'
import { andThen } from '../crypto/maybe.ts'
import { SessionError } from '../errors.ts'
import { assign, clear, dataOf, rotate } from './h3/changes.ts'
import type { Anything, Session, SessionConfig, SessionManager, SessionUpdate } from './h3/config.ts'
import { type H3EventLike, preparedOf } from './h3/event.ts'
import { sessionsWith } from './h3/options.ts'
import { clearingVisitOf, promised, type Visit, visitOf } from './h3/visit.ts'

export { type CommitSessions, commitSessions } from './h3/commit-sessions.ts'
export type { Session, SessionConfig, SessionCookieOptions, SessionData, SessionManager, SessionUpdate } from './h3/config.ts'
export type { H3EventLike } from './h3/event.ts'

type Values = Record<string, Anything>

/**
 * The session of this request and what can be done with it; a visitor who has none gets one. Asking again gives the same session.
 * Throws `BAD_OPTIONS`; rejects when the store fails, and never for what a visitor sent.
 */
export function useSession<T extends object = Values>(event: H3EventLike, config: SessionConfig): Promise<SessionManager<T>> {
  const visit = visitOf(event, config)
  return promised(async () => {
    const session = await visit.requestSession.open()
    visit.put()
    // With `cookie: false` there is nothing to give; once the headers have left, nothing to give it with.
    if (config.issue !== 'when-stored' && config.cookie !== false && !visit.requestSession.finished) session.begin()
    await visit.commit()
    return managerOf<T>(visit, session)
  })
}

/** The session of this request. Throws and rejects as `useSession`, and gives a visitor nothing who has none. */
export function getSession<T extends object = Values>(event: H3EventLike, config: SessionConfig): Promise<Session<T>> {
  const { requestSession, put } = visitOf(event, config)
  return promised(async () => {
    const session = await requestSession.open()
    put()
    return viewOf<T>(session)
  })
}

/** Sets values of the session of this request and stores them. Throws and rejects as `useSession`, and `BAD_VALUE`. */
export function updateSession<T extends object = Values>(
  event: H3EventLike,
  config: SessionConfig,
  update?: SessionUpdate<T>,
): Promise<Session<T>> {
  return changed(visitOf(event, config), (session) => assign(session, update))
}

/** Gives the session of this request a new id and lets its time begin again. The old id shows for `grace` seconds what there was, then nothing. */
export function rotateSession<T extends object = Values>(event: H3EventLike, config: SessionConfig): Promise<Session<T>> {
  return changed(visitOf(event, config), rotate)
}

/** Ends the session of this request for good; what is set afterwards begins another. Without a password the cookie is cleared unread. */
export async function clearSession(event: H3EventLike, config: Partial<SessionConfig>): Promise<void> {
  await changed(clearingVisitOf(event, config), clear)
}

/** The secret text that opens the session of this request, as the cookie or the header carries it. A visitor who has none gets one. */
export function sealSession(event: H3EventLike, config: SessionConfig): Promise<string> {
  const visit = visitOf(event, config)
  return promised(async () => {
    const session = await visit.requestSession.open()
    session.begin()
    await visit.commit()
    // The session stays another library's until a write.
    if (visit.requestSession.ticket === undefined) session.regenerateId()
    await visit.commit()
    const { ticket } = visit.requestSession
    if (ticket === undefined) throw new SessionError('ENDED', 'The session was ended by another request, so nothing opens it.')
    return ticket
  })
}

/** The session that a text of `sealSession`, or a seal of h3 itself, opens; what is changed in it is not stored. Rejects when it opens none. */
export function unsealSession<T extends object = Values>(
  event: H3EventLike,
  config: SessionConfig,
  sealed: string,
): Promise<Session<T>> {
  const { fromTicket } = sessionsWith(config, preparedOf(event) ? 2 : 1)
  return promised(async () => {
    const session = await fromTicket(sealed).open()
    session.writes('unsealSession()') // nobody knows whether the text opens one
    if (!session.isNew) return viewOf<T>(session)
    throw new SessionError('BAD_VALUE', 'The text given to unsealSession() opens no session: it is over, or none of ours.', {
      fix: 'Treat its sender as a stranger.',
    })
  })
}

function changed<T extends object>(
  { requestSession, put, write }: Visit,
  change: (session: LiveSession) => void,
): Promise<Session<T>> {
  requestSession.later(change)
  put()
  return promised(() => andThen(write(), async () => viewOf<T>(await requestSession.open())))
}

const enumerable = true

/** What a manager and a view show of their session. */
const SHOWN = {
  id: { enumerable, get: ({ handle }: LiveSession) => handle },
  readOnly: { enumerable, get: ({ readOnly }: LiveSession) => readOnly },
  data: { enumerable, get: dataOf },
}
const MANAGER = propertiesOf<LiveSession>(SHOWN)
const VIEW = propertiesOf<LiveSession>({ ...SHOWN, createdAt: { enumerable, get: ({ createdAt }) => createdAt } })

function managerOf<T extends object>({ write }: Visit, session: LiveSession): SessionManager<T> {
  const stored = (): Promise<SessionManager<T>> => promised(() => andThen(write(), () => manager))
  const methods: Pick<SessionManager<T>, 'update' | 'clear' | 'rotate'> = {
    update(change) {
      assign(session, change)
      return stored()
    },
    clear() {
      clear(session)
      return stored()
    },
    rotate() {
      rotate(session)
      return stored()
    },
  }
  const manager = shows(MANAGER.put(methods, session) as SessionManager<T>, session)
  return manager
}

const viewOf = <T extends object>(session: LiveSession): Session<T> => shows(VIEW.put({}, session) as Session<T>, session)

const shows = <View extends object>(view: View, session: LiveSession): View =>
  Object.defineProperty(view, DEVICE, { value: session })
