import type { SessionError } from '../../errors.ts'
import type { Consistency } from '../../stores/store.ts'
import type { Plan } from './plan.ts'

/**
 * Why a presented ticket was not honoured. `malformed`: not a ticket's form. `unknown-version`: of a newer release. `unknown-key`:
 * made with a secret that is not in use. `revoked-key`: made with one that is revoked. `forged`: its MAC or seal is wrong. `oversized`, `bad-chunks`: no browser sends that.
 * `duplicate`: two different live tickets at once. `unknown`: no such session. `replaced`: its id was given up for a new one.
 * `revoked`: it was ended, and its ticket was used again. `idle-expired`, `absolute-expired`: over. `clock-skew`: made over 60 seconds in the future. `corrupt`: what it opened, or its
 * record, cannot be read. `lapsed`: it is bound to a device, and the cookie that only the device gets did not come. `too-busy`: another library's seal, when too many were to be opened at once.
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
  | 'lapsed'

/**
 * What is known besides of a ticket that was refused. `unsigned`: it is `forged` because it has no MAC, as tickets have that were made without
 * secrets. `evicts`: it is `unknown`, in a store that drops records to make room. `eventual`: the same in a store that may not know yet what was
 * written elsewhere.
 */
export type RefusalDetail = 'unsigned' | 'evicts' | 'eventual'

/**
 * How a session ended. `signed-out`, `destroyed`: by `signOut()`, `destroy()`. `replaced`: another person signed in. `replayed`: its old
 * ticket was used after its time (`onReplay`). `elsewhere`: from outside its requests, as from a list of sessions. `evicted`: its owner has
 * too many.
 */
export type EndReason = 'signed-out' | 'destroyed' | 'replaced' | 'replayed' | 'elsewhere' | 'evicted'

/** What every event carries. */
export interface AboutEvent {
  /** When it was told, in milliseconds since the epoch, by the clock of the options. */
  readonly at: number
  /** The digest of the session's owner, by which stores know the owner too; absent for a guest. */
  readonly owner?: string
  /** What `requestId` said of the request; absent where no request is known. */
  readonly request?: string
}

/**
 * An event for `onEvent`. No event holds a ticket, an id, a secret, an owner in the clear or a stored value: sessions are named by their
 * handles, owners by a digest.
 */
export type SessionEvent = AboutEvent & Happening

/** The rest of an event. */
export type Happening =
  /** At the start: the store promises less than `strong`. */
  | { readonly type: 'weaker-store'; readonly consistency: Exclude<Consistency, 'strong'> }
  /** The store could not be read, and the request goes on with a session that is empty and read-only. */
  | { readonly type: 'store-down'; readonly error: SessionError }
  /** The secrets could not be read again, or not be meant as they are: the last list counts on, if there is one. */
  | { readonly type: 'secrets-failed'; readonly error: SessionError }
  /** A visitor presented something that opens no session; the request goes on with a fresh one. */
  | {
      readonly type: 'refused'
      readonly reason: RefusalReason
      readonly detail?: RefusalDetail
      readonly handle?: string
      readonly error?: SessionError
    }
  | { readonly type: 'loaded'; readonly handle: string; readonly kind: 'sealed' | 'stored' | 'custom' }
  /** A visitor came with a session that another library kept; the next commit keeps it here. */
  | { readonly type: 'adopted'; readonly format: string; readonly handle: string }
  /** A session was stored for the first time. */
  | { readonly type: 'created'; readonly handle: string }
  /** A session ended before its time. `handle`: the one it had. */
  | { readonly type: 'ended'; readonly reason: EndReason; readonly handle: string }
  /** Another process wrote the session first, and this one tries again; `retry` counts from 1. */
  | { readonly type: 'conflict'; readonly handle: string; readonly retry: number }
  /** A call of the store took longer than a quarter of `storeTimeout`. */
  | { readonly type: 'store-slow'; readonly call: string; readonly milliseconds: number }
  /** A commit was carried out. `nothing` is not reported. */
  | { readonly type: 'committed'; readonly plan: Plan; readonly handle?: string }
  /** Changes were not kept: the session was ended meanwhile, by a sign-out or because somebody else signed in. */
  | { readonly type: 'dropped'; readonly reason: 'ended'; readonly handle?: string }
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
  /** A stored value does not fit `schema` and is treated as absent; it stays in the record until it is set again. */
  | { readonly type: 'invalid-value'; readonly key: string; readonly handle?: string }
  /** No migration leads from this version, or one failed: the session has no values, and the next write gives the old ones up. */
  | { readonly type: 'unmigrated'; readonly version: number; readonly handle?: string }
  /** A newer release of the application wrote the values: those that fit are shown, and no change of one is stored. */
  | { readonly type: 'newer-version'; readonly version: number; readonly handle?: string }
  /** The application asked shared caches to keep a response that depends on a session; its `Cache-Control` was replaced. */
  | { readonly type: 'cache-conflict'; readonly was: string }
  /** Somebody else had put a Set-Cookie of the session's name on the response: the line was taken off. */
  | { readonly type: 'cookie-conflict' }
  /** A change could not be stored, and there is no response left to say so: it was made after the headers, or the handler threw. */
  | { readonly type: 'late-failed'; readonly error: SessionError }
  /** A page of another site sent a request in a visitor's name, and `crossSite` of coatcheck/csrf refused it. */
  | { readonly type: 'cross-site'; readonly reason: string }

export interface KnownRequest {
  /** What stands for it in events. */
  readonly note?: string | undefined
  /** Keeps what was decided about it, for `explain`. */
  keep?(event: Happening): void
  /** A browser asks for it before anybody wants to see it. */
  readonly isPrefetch?: boolean
}

/** What is known where an event is told. */
export interface Known {
  readonly request?: KnownRequest | undefined
  /** In the clear. */
  readonly owner?: string | undefined
}

export type Emit = (event: Happening, known?: Known) => void

interface Told {
  readonly handle: string
  readonly contents: { readonly owner: string | undefined }
}

/** Tells what a commit did to a session: `before` and `after` it. */
export function tellCommit(
  emit: Emit,
  plan: Plan,
  reason: EndReason,
  before?: Told,
  after?: Told,
  request?: Known['request'],
): void {
  const [begins, ends] = [plan === 'create' || plan === 'end+create', plan === 'end' || plan === 'end+create']
  if (before && ends) emit({ type: 'ended', reason, handle: before.handle }, { request, owner: before.contents.owner })
  const known = { request, owner: (after ?? before)?.contents.owner }
  if (after && begins) emit({ type: 'created', handle: after.handle }, known)
  emit({ type: 'committed', plan, ...(after && { handle: after.handle }) }, known)
}
