import { besides, DEVICE, type LiveSession, type RequestSession } from '../../core/adapter.ts'

/** The place of a session: a request's session, or the memory of one that no request has yet. */
export interface Backing {
  get(key: string): unknown
  set(key: string, value: unknown): unknown
  has(key: string): boolean
  delete(key: string): boolean
  keys(): Iterable<string>
}

export interface Origin {
  readonly requestSession: RequestSession
  readonly live: LiveSession
}

const ORIGINS = besides<Origin>()

/** The request's session that `read` made a session of; undefined for one that was made by hand. */
export const originOf = (session: object): Origin | undefined => ORIGINS.get(session)

export function originate(session: object, origin: Origin): void {
  ORIGINS.set(session, origin)
  Object.defineProperty(session, DEVICE, { value: origin.live })
}
