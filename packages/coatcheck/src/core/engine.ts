import type { Keyring } from '../crypto/keyring.ts'
import type { Maybe } from '../crypto/maybe.ts'
import type { SessionError } from '../errors.ts'
import type { ReaderRequest } from '../migrate/format.ts'
import type { Attempts, Begun } from './model/attempts.ts'
import type { Changes, Edit } from './model/changes.ts'
import type { Contents } from './model/contents.ts'
import type { Emit, KnownRequest, RefusalDetail, RefusalReason } from './model/events.ts'
import type { Lifetime } from './model/lifetime.ts'
import type { Move } from './model/moves.ts'
import type { Plan } from './model/plan.ts'
import type { Shaping } from './model/shape.ts'
import type { BoundSettings } from './options/device-bound.ts'
import { missingSecret } from './options/secrets.ts'
import type { OwnedSessions, OwnerLimit } from './owners/types.ts'
import type { UnknownKeys } from './persistence/unknown-keys.ts'
import type { Watchable, Watching } from './watch/watchable.ts'

/** What every part of the engine needs to know; made from checked options, without reading a clock or deriving a key. */
export interface Engine extends Watching {
  readonly keyring: Keyring | undefined
  /** What tickets are bound to: the cookie's name. */
  readonly binding: string
  readonly encryptRecords: boolean
  readonly acceptUnsigned: boolean
  /** What a request gets whose store cannot be read: an error, or an empty session that cannot be written. */
  readonly whenStoreDown: 'fail' | 'read-only'
  /** Milliseconds, from the start of a commit, in which it has to win against parallel ones. */
  readonly conflictTimeout: number
  /** Milliseconds, from its arrival, in which a request may go on with a session that was given a new id since it was opened. */
  readonly maxRequestTime: number
  /** Milliseconds after a new id in which the old ticket, presented anew, shows what the session was. */
  readonly grace: number
  /** Milliseconds since the password was checked in which `requireFresh` asks for no other check, and `elevate` lasts. */
  readonly freshFor: number
  /** Milliseconds that a sign-in lasts that is to be remembered. */
  readonly rememberFor: number
  /** What happens, besides the event, when an old ticket is used after that. */
  readonly onReplay: OnReplay
  /** Tickets and records of secrets that this process does not have, and another may have already. */
  readonly unknownKeys: UnknownKeys | undefined
  readonly sleep: (ms: number) => Promise<void>
  /** From 0 up to 1, for pauses. */
  readonly random: () => number
  /** Milliseconds since the epoch from which on nothing of other libraries is taken over. */
  readonly adoptsUntil: number
  readonly maxPerOwner: OwnerLimit | undefined
  readonly deviceBound: BoundSettings | undefined
  /** undefined: nothing is said of the values. */
  readonly shaping: Shaping | undefined
}

export type OnReplay = 'report' | 'endSession' | 'endOwner'

/** What one commit takes from the session to carry out. */
export interface ChangeSet {
  readonly attempts: Attempts
  readonly changes: Changes
  readonly move: Move | undefined
  readonly ended: boolean
  /** The session is to be there even when it is empty. */
  readonly begins: boolean
  /** The application committed, and is to get a cookie again that ends with the idle end. */
  readonly renews?: boolean
}

/** What a commit needs to know of its request. */
export interface Circumstances extends KnownRequest {
  /** When it arrived, in milliseconds since the epoch by this process's clock. */
  readonly arrivedAt: number
  /** Whether a ticket that the visitor has already may be sent again: with a page, where hardly any other request is under way. */
  readonly mayResend: boolean
  /** It stores nothing, not even that an old ticket was used. */
  readonly onlyLooks?: boolean
}

/** What is known of a session that is stored, or sealed in a ticket. */
export interface SessionState {
  readonly contents: Contents
  readonly handle: string
  readonly lifetime: Lifetime
}

/** A session that the persistence found or wrote. */
export interface LoadedSession extends SessionState {
  /** The ticket or the record was made with a secret that is not the newest: the next write renews both. */
  readonly stale: boolean
  /** Opened by an old ticket, which shows for a while what there was. */
  readonly isReplaced?: boolean
  /** The handle of the session that has taken its place. */
  readonly leadsTo?: string
  /** Another library kept it until now. */
  readonly migrates?: boolean
  /** Nothing in its ticket says when it was seen: it is always as if that were now. */
  readonly isUndated?: boolean
}

/** A session as another library kept it. */
export interface MigratingSession extends Omit<SessionState, 'handle'> {
  /** What only its visitor can present; undefined: it has nothing of that kind. */
  readonly unique: string | undefined
  /** What was presented, in one spelling: it is to open nothing any more once the session has ended. */
  readonly presented: string
  /** The other library keeps it no more. */
  readonly isGone: boolean
}

export interface Refused {
  readonly refused: RefusalReason
  readonly detail?: RefusalDetail
  readonly handle?: string
  /** Tells what this ticket means, before the refusal is told. */
  readonly alarm?: ((emit: Emit) => void) | undefined
  /** What the store said of a damaged record. */
  readonly error?: SessionError
  /** A session that this ticket cannot open any more but must still be able to end: its time is over. */
  readonly ends?: LoadedSession
  /** Why a sign-out cannot be carried out, and must not be said to be. */
  readonly cannotEnd?: SessionError
  /** Nothing may be written, nor the visitor's ticket replaced, except by somebody who signs in. */
  readonly blocked?: SessionError
}

export interface Saved {
  /** What there is now; undefined: no session. */
  readonly loaded: LoadedSession | undefined
  /** A ticket to give out: the secret value. */
  readonly ticket?: string
  /** Nobody asked for that ticket, and who came with it has it already. */
  readonly repeats?: boolean
  /** Another request wrote first, and nobody looked what. */
  readonly overtaken?: boolean
  /** Changes were not kept. */
  readonly dropped?: 'ended'
  /** To be called once it is known that the ticket fits, and before it is sent: what this says counts instead. */
  readonly confirm?: () => Promise<Saved>
}

/** Where sessions are kept: in a store, in the ticket itself, or by an application's own functions. */
export interface Persistence<H extends LoadedSession = LoadedSession> {
  readonly kind: 'sealed' | 'stored' | 'custom'
  /** Whether a ticket is sent again to scripts of a page as well, as another library does: it may undo what a parallel request changed. */
  readonly resends?: boolean
  /** Whether `find` looks at more of a request than the ticket. */
  readonly readsRequest?: boolean
  /** `request`: with `readsRequest`, for tickets in several cookies. `arrivedAt`: of the request, milliseconds since the epoch. */
  find(ticket: string, request: ReaderRequest | undefined, arrivedAt: number, onlyLooks?: boolean): Maybe<H | Refused>
  /** The session that another library kept, to be kept here by the next commit; when that has happened already, what became of it. */
  adopt(migrates: MigratingSession, arrivedAt: number, onlyLooks?: boolean): Maybe<H | Refused>
  /** Draws the id of a session that is not stored yet, so that its handle is known before. Left out: only storing it tells. */
  reserve?(): Maybe<Begun>
  /** Whether the ticket of a session that was found still opens it. Left out: nobody can tell. */
  isCurrent?(loaded: H): Promise<boolean>
  /**
   * Carries out any plan but `nothing`; what is not stored yet has no `loaded`. `over`: what else the request's tickets stood for, to be
   * ended with it, or before a session begins. Synchronous where nothing has to wait.
   */
  commit(plan: Plan, loaded: H | undefined, changeSet: ChangeSet, request: Circumstances, over: readonly H[]): Maybe<Saved>
  /** Sessions found by their owner, or by their handle. Left out: they are nowhere but in their tickets. */
  readonly owners?: OwnedSessions
  /** Left out where no store compares and sets. */
  readonly shared?: SharedContents<H>
  /** Left out where there is no store, and so is the next. */
  readonly live?: Watchable
  /** The same session as it is stored now. undefined: it has ended, or is somebody else's. Throws `CONFLICT` after a new id. */
  again?(loaded: H): Promise<H | undefined>
}

/**
 * What all requests of one stored session see, wherever it went since `loaded` was read, beside their commits. undefined: it has ended.
 * Throws `CONFLICT` where it became somebody else's.
 */
export interface SharedContents<H> {
  look(loaded: H, request: Circumstances): Promise<Shown | undefined>
  /** What there is after the edit. With the attempts of an earlier try it is not made twice. */
  edit(loaded: H, request: Circumstances, edit: Edit, attempts: Attempts): Promise<Shown | undefined>
}

/** `key`: of its record. */
export interface Shown {
  readonly key: string
  readonly contents: Contents
}

/** Makes the persistence of sessions whose options are known. */
export type MakePersistence = ((engine: Engine) => Persistence) & { readonly needsSecrets?: boolean }

/** The keyring, for what cannot be without one. */
export function withSecrets({ keyring }: Engine): Keyring {
  if (keyring) return keyring
  throw missingSecret()
}
