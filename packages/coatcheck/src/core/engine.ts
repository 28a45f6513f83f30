import type { Keyring } from '../crypto/keyring.ts'
import type { Maybe } from '../crypto/maybe.ts'
import type { SessionError } from '../errors.ts'
import type { ForeignRequest } from '../foreign/format.ts'
import type { Body } from './body.ts'
import type { Changes } from './changes.ts'
import type { Emit, RefusalReason } from './events.ts'
import type { Life, Policy } from './expiry.ts'
import type { Plan } from './plan.ts'
import { missingSecret } from './secrets.ts'

/** What every part of the engine needs to know; made from checked options, without reading a clock or deriving a key. */
export interface Engine {
  readonly now: () => number
  readonly emit: Emit
  readonly policy: Policy
  readonly keyring: Keyring | undefined
  /** What tickets are bound to: the cookie's name. */
  readonly binding: string
  readonly encryptRecords: boolean
  readonly acceptUnsigned: boolean
  /** Milliseconds that one call of the store may take. */
  readonly storeTimeout: number
  /** What a request gets whose store cannot be read: an error, or an empty session that cannot be written. */
  readonly whenStoreDown: 'fail' | 'read-only'
  /** Milliseconds, from the start of a commit, in which it has to win against parallel ones. */
  readonly conflictTimeout: number
  readonly sleep: (ms: number) => Promise<void>
  /** Milliseconds since the epoch from which on nothing of other libraries is taken over. */
  readonly adoptsUntil: number
}

/** A new id was asked for: for the same person (`anew`: its time begins again as well), or because somebody signs in. */
export type Move = { readonly kind: 'renew'; readonly anew?: boolean } | { readonly kind: 'signIn'; readonly owner: string }

/**
 * What was tried to keep a session's changes, whatever became of it: a commit that is made again after a failure recognises what it
 * wrote by it, and a second time is no second change.
 */
export interface Trace {
  /** Writes, and the changes in each. */
  tries: { readonly write: string; readonly changes: Changes }[]
  /** The key of a record that was begun. */
  begun?: string
}

/** What one commit takes from the session to carry out. */
export interface Taken {
  readonly trace: Trace
  readonly changes: Changes
  readonly move: Move | undefined
  readonly ended: boolean
  /** The session is to be there even when it is empty. */
  readonly begins: boolean
  /** Puts it all back: the commit failed. */
  readonly undo: () => void
  /** Whether the session was not ended since. */
  readonly isCurrent: () => boolean
  /** Whether nothing was forgotten since. */
  readonly isWhole: () => boolean
}

/** What is known of a session that is stored, or sealed in a ticket. */
export interface Kept {
  readonly body: Body
  readonly handle: string
  readonly life: Life
}

/** A session that a keeper found or wrote. */
export interface Held extends Kept {
  /** The ticket or the record was made with a secret that is not the newest: the next write renews both. */
  readonly stale: boolean
  /** Another library kept it until now. */
  readonly foreign?: boolean
}

/** A session as another library kept it. */
export interface Foreign extends Omit<Kept, 'handle'> {
  /** What only its visitor can present; undefined: it has nothing of that kind. */
  readonly unique: string | undefined
  /** What was presented, in one spelling: it is to open nothing any more once the session has ended. */
  readonly presented: string
  /** The other library keeps it no more. */
  readonly isGone: boolean
}

export interface Refused {
  readonly refused: RefusalReason
  readonly handle?: string
  /** What the store said of a damaged record. */
  readonly error?: SessionError
  /** A session that this ticket cannot open but must still be able to end: it moved on to a new id. */
  readonly ends?: Held
}

export interface Saved {
  /** What there is now; undefined: no session. */
  readonly held: Held | undefined
  /** A ticket to give out: the secret value. */
  readonly ticket?: string
  /** Changes were not kept. */
  readonly dropped?: 'ended'
}

/** Where sessions are kept: in a store, in the ticket itself, or by an application's own functions. */
export interface Keeper<H extends Held = Held> {
  readonly kind: 'sealed' | 'stored' | 'custom'
  /** `request`: for tickets in several cookies. */
  find(ticket: string, request?: ForeignRequest): Maybe<H | Refused>
  /** The session that another library kept, to be kept here by the next commit; when that has happened already, what became of it. */
  adopt(foreign: Foreign): Maybe<H | Refused>
  /** Carries out any plan but `nothing`; what is not stored yet has no `held`. Synchronous where nothing has to wait. */
  commit(plan: Plan, held: H | undefined, taken: Taken): Maybe<Saved>
}

/** Makes a keeper for sessions whose options are known. */
export type MakeKeeper = ((engine: Engine) => Keeper) & { readonly needsSecrets?: boolean }

/** The body as an owner's: nobody's without one. */
export function ownedBy(body: Body, taken: Taken): Body {
  return taken.move?.kind === 'signIn' ? { ...body, owner: taken.move.owner } : body
}

/** Whether the session's time begins again with this move. */
export function startsAnew(move: Move | undefined): boolean {
  return move?.kind === 'signIn' || move?.anew === true
}

/** The keyring, for what cannot be without one. */
export function withSecrets({ keyring }: Engine): Keyring {
  if (keyring) return keyring
  throw missingSecret()
}

export type { Life }
