import type { SessionError } from '../../errors.ts'
import type { Consistency } from '../../stores/store.ts'
import type { Plan } from './plan.ts'

/**
 * Why a presented ticket was not honoured. `malformed`: not a ticket's form. `unknown-version`: of a newer release. `unknown-key`:
 * made with a secret that is not in use. `revoked-key`: made with one that is revoked. `forged`: its MAC or seal is wrong. `oversized`, `bad-chunks`: no browser sends that.
 * `duplicate`: two different live tickets at once. `unknown`: no such session. `replaced`: its id was given up for a new one.
 * `revoked`: it was ended, and its ticket was used again. `idle-expired`, `absolute-expired`: over. `clock-skew`: made over 60 seconds in the future. `corrupt`: what it opened, or its
 * record, cannot be read. `too-busy`: another library's seal, when too many were to be opened at once.
 */
export type RefusalReason =
  | 'malformed'
  | 'unknown-version'
  | 'unknown-key'
  | 'revoked-key'
  | 'forged'
  | 'oversized'
  | 'bad-chunks'
  | 'duplicate'
  | 'unknown'
  | 'replaced'
  | 'revoked'
  | 'idle-expired'
  | 'absolute-expired'
  | 'clock-skew'
  | 'corrupt'
  | 'too-busy'

/** An event for `onEvent`. No event holds a ticket, an id, a secret or a stored value: sessions are named by their handles. */
export type SessionEvent =
  /** At the start: the store promises less than `strong`. */
  | { readonly type: 'weaker-store'; readonly consistency: Exclude<Consistency, 'strong'> }
  /** The store could not be read, and the request goes on with a session that is empty and read-only. */
  | { readonly type: 'store-down'; readonly error: SessionError }
  /** The secrets could not be read again, or not be meant as they are: the last list counts on, if there is one. */
  | { readonly type: 'secrets-failed'; readonly error: SessionError }
  /** A visitor presented something that opens no session; the request goes on with a fresh one. */
  | { readonly type: 'refused'; readonly reason: RefusalReason; readonly handle?: string; readonly error?: SessionError }
  | { readonly type: 'loaded'; readonly handle: string; readonly kind: 'sealed' | 'stored' | 'custom' }
  /** A visitor came with a session that another library kept; the next commit keeps it here. */
  | { readonly type: 'adopted'; readonly format: string; readonly handle: string }
  /** A commit was carried out. `nothing` is not reported. */
  | { readonly type: 'committed'; readonly plan: Plan; readonly handle?: string }
  /** Changes were not kept: the session was ended meanwhile, by a sign-out or because somebody else signed in. */
  | { readonly type: 'dropped'; readonly reason: 'ended'; readonly handle?: string }
  /** A session was ended by somebody else than its visitor. `elsewhere`: by `sessions.end`, `endAll`, `endEverything`. `evicted`: its owner has too many. */
  | { readonly type: 'ended'; readonly reason: 'elsewhere' | 'evicted'; readonly handle: string }
  /** A key that this request read and then set had been changed by another request in between; use `update(key, fn)` to keep both. */
  | { readonly type: 'overwritten'; readonly key: string; readonly handle?: string }
  /**
   * An old ticket was used after its time while the session that was given a new id lives: a sign of theft, or of a browser that missed
   * an answer. Once for each old ticket. `handle`: of the session now. Times in milliseconds since the epoch. `note`: what `signIn` or
   * `regenerateId` was given for this.
   */
  | {
      readonly type: 'replayed'
      readonly handle: string
      readonly movedAt: number
      readonly usedAt: number
      readonly note?: string
    }
  /** A value was stored as its JSON, as the framework itself would: what JSON does not hold of it (methods, functions) was left out. */
  | { readonly type: 'reduced'; readonly key: string; readonly handle?: string }
  /** A stored value could not be decoded and is treated as absent. */
  | { readonly type: 'unreadable-value'; readonly key: string; readonly handle?: string }
  /** The application asked shared caches to keep a response that depends on a session; its `Cache-Control` was replaced. */
  | { readonly type: 'cache-conflict'; readonly was: string }
  /** A change could not be stored, and there is no response left to say so: it was made after the headers, or the handler threw. */
  | { readonly type: 'late-failed'; readonly error: SessionError }
  /** A page of another site sent a request in a visitor's name, and `crossSite` of coatcheck/csrf refused it. */
  | { readonly type: 'cross-site'; readonly reason: string }

export type Emit = (event: SessionEvent) => void

/** An observer must not be able to break a request: what it throws, or its promise rejects with, is reported and goes no further. */
export function emitter(onEvent: ((event: SessionEvent) => void) | undefined): Emit {
  if (!onEvent) return () => {}
  const failed = (error: unknown) => console.error('coatcheck: onEvent threw; the request goes on.', error)
  return (event) => {
    try {
      const promised: unknown = onEvent(event)
      // A rejection that nobody handles would end the process.
      if (promised !== undefined) void Promise.resolve(promised).then(undefined, failed)
    } catch (error) {
      failed(error)
    }
  }
}
