import { type AdapterSessions, besides, type RequestSession } from '../../core/adapter.ts'
import { andThen, type Maybe, orElse } from '../../crypto/maybe.ts'
import { answerOf } from './answers.ts'
import { clear } from './changes.ts'
import type { SessionConfig } from './config.ts'
import { type H3EventLike, identityOf, preparedOf, presentedOf } from './event.ts'
import { clearingSessions, nameOf, sessionsWith } from './options.ts'

/** The session of one name in one request. */
export interface Visit {
  readonly requestSession: RequestSession
  /** Stores what changed, and puts on the response what there is to say of it. */
  commit(): Maybe<void>
  /** The commit of a call that writes: where its `maxAge` is another than that of the first call, the session lasts so long from now. */
  write(): Maybe<void>
  /** Puts on the response what there is to say already: above all that it is not for shared caches. */
  put(): void
}

/** By name: the first configuration of a name counts for the whole request, except for how long what a call writes is to last. */
interface Known {
  sessions?: AdapterSessions
  maxAge?: number | undefined
  clearing?: AdapterSessions
}

const requests = besides<Map<string, Known>>()

export function visitOf(event: H3EventLike, config: SessionConfig): Visit {
  const identity = identityOf(event)
  const presented = presentedOf(event)
  const known = knownOf(identity, nameOf(config))
  if (!known.sessions) {
    known.sessions = sessionsWith(config, preparedOf(event) ? 2 : 1)
    known.maxAge = config.maxAge
  }
  const requestSession = known.sessions.requestSession(identity, presented)
  // This request has cleared the session already, before anybody could open it.
  if (!requestSession.asked && known.clearing?.requestSession(identity, presented).asked) requestSession.later(clear)
  return visitWith(event, requestSession, config.maxAge && config.maxAge !== known.maxAge ? { maxAge: config.maxAge } : {})
}

/** The options that `clearSession` needs: it may know a name only. */
export function clearingVisitOf(event: H3EventLike, config: Partial<SessionConfig>): Visit {
  const identity = identityOf(event)
  const known = knownOf(identity, nameOf(config))
  if (known.sessions || config.password !== undefined) return visitOf(event, config as SessionConfig)
  known.clearing ??= clearingSessions(config)
  return visitWith(event, known.clearing.requestSession(identity, presentedOf(event)))
}

function visitWith(event: H3EventLike, requestSession: RequestSession, times: { readonly maxAge?: number } = {}): Visit {
  const answer = answerOf(event)
  answer.add(requestSession)
  const put = (): void => answer.put()
  // A commit that failed may have withdrawn what an earlier one had put there.
  const commit = (how = {}): Maybe<void> =>
    andThen(
      orElse(() => requestSession.commit(how), put),
      put,
    )
  return { requestSession, put, commit: () => commit(), write: () => commit({ ...times, renews: true }) }
}

function knownOf(identity: object, name: string): Known {
  const names = requests.get(identity) ?? new Map<string, Known>()
  requests.set(identity, names)
  const known = names.get(name) ?? {}
  names.set(name, known)
  return known
}

/** A promise that may be left alone: what fails is told again at the end of the request. Begins at once. */
export function promised<T>(act: () => Maybe<T>): Promise<T> {
  const promise = new Promise<T>((resolve) => resolve(act()))
  promise.catch(() => {})
  return promise
}
