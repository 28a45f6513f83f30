import { SessionError } from '../../../errors.ts'
import type { Store } from '../../../stores/store.ts'
import type { ChangeSet, Circumstances, Engine, Refused } from '../../engine.ts'
import type { Forwarding } from '../../model/contents.ts'
import type { VersionedRecord } from './versioned-record.ts'

/** One commit of a session in a store. */
export interface PendingCommit {
  readonly kind: 'update' | 'move' | 'end'
  readonly changeSet: ChangeSet
  readonly request: Circumstances
  /** When the commit began, in milliseconds since the epoch: its time limit counts from here. */
  readonly since: number
}

export type Outcome =
  /** `id`: to be told to the visitor. `isOwn`: this request's own move gave it, and nobody came in between. */
  | { readonly kept: VersionedRecord; readonly id?: string; readonly isOwn?: boolean }
  | { readonly dropped: 'ended' }
  /** Another request gave the session a new id first, and this one asked for nothing else. */
  | { readonly overtaken: true }

/** The outcome of a commit at one record: done, or to be continued at the session's new record. */
export type Step = Outcome | MovedOn

/** `at`: the key of the record that leads on. */
export interface MovedOn {
  readonly forwarding: Forwarding
  readonly at: string
}

/** The record at which a commit continues after its session was given a new id. */
export interface Onward {
  readonly commit: PendingCommit
  readonly target: VersionedRecord
  /** To be told to the visitor. */
  readonly id?: string
}

/** Throws `CONFLICT` for a commit that has tried for too long. */
export function checkTime({ since }: PendingCommit, { now, conflictTimeout }: Engine): void {
  if (now() - since <= conflictTimeout) return
  throw new SessionError(
    'CONFLICT',
    `The session was changed by others all the time, and this commit did not get through in ${conflictTimeout / 1000} seconds.`,
  )
}

/** Waits before another try: full jitter, from 1 ms, 32 ms at most; the first retry goes at once. */
export async function backOff(attempt: number, { sleep, random }: Engine): Promise<void> {
  if (attempt > 0) await sleep(random() * Math.min(32, 2 ** (attempt - 1)))
}

/** The record, if it can be read. One that cannot is neither replaced nor removed. */
export function readable(found: VersionedRecord | undefined): VersionedRecord | undefined {
  if (found?.fault) throw unreadable(found)
  return found
}

export function unreadable({ key, fault }: Pick<VersionedRecord, 'key' | 'fault'>): SessionError {
  if (fault === 'revoked-key')
    return new SessionError('KEY_UNKNOWN', `The record of session ${key} was made with a secret that is revoked.`, {
      fix: 'Nothing was changed. The session is over: with the next request the visitor begins afresh.',
    })
  if (fault === 'unknown-key') return keyUnknown(`The record of session ${key} is`)
  return new SessionError('STORE_FAILED', `The record of session ${key} cannot be read (${fault}).`, {
    fix: 'Look at what wrote it: another release, other secrets, or damage in the store. It was left as it is.',
  })
}

export function keyUnknown(what: string): SessionError {
  return new SessionError('KEY_UNKNOWN', `${what} made with a secret that this process does not have.`)
}

const MOVED_ON = new WeakSet<SessionError>()

/**
 * Whether the error means that the session continued without this request: its ticket could overwrite a newer one in the browser. An error
 * that others may have as well does not say so, but `Attempts.haveMovedOn`.
 */
export const saysMovedOn = (error: unknown): boolean => MOVED_ON.has(error as SessionError)

function movedOn(error: SessionError): SessionError {
  MOVED_ON.add(error)
  return error
}

/** Whether a request is young enough to find its session: forwarding records are removed some time later. */
export function isFresh({ arrivedAt }: Circumstances, { now, maxRequestTime }: Engine): boolean {
  return now() - arrivedAt <= maxRequestTime
}

export function tooOld({ maxRequestTime }: Engine): SessionError {
  const error = new SessionError(
    'CONFLICT',
    `The session was given a new id or ended while this request was under way, and the request is older than \`maxRequestTime\` (${maxRequestTime / 1000} seconds).`,
    { fix: 'Nothing of it was stored. Let the visitor try again.' },
  )
  return movedOn(error)
}

/** The error for a new id whose last write the store may have carried out. */
export function eitherTicket(error: unknown): never {
  const { cause = error } = error as SessionError
  throw new SessionError('STORE_FAILED', 'The store failed at "update" while the session was given a new id.', {
    cause,
    fix: 'See `cause`. It is not known whether the old ticket or the new one is good: let the visitor sign in again if neither is.',
  })
}

/** The error when another request was first. `what`: what it did. */
export function overtaken(what: string): SessionError {
  const error = new SessionError('CONFLICT', `${what} at the same time, and this request was not carried out.`, {
    fix: 'Nothing of it was stored. Let the visitor try again.',
  })
  return movedOn(error)
}

export function perhapsEvicted(): SessionError {
  const what = 'The session is not in its store, which drops records to make room: it may live on under a new id.'
  return movedOn(new SessionError('CONFLICT', what, { fix: 'Use a store that drops nothing, or let the visitor try again.' }))
}

/** The error for an old ticket that came after its time. */
export function replacedTicket(): SessionError {
  return new SessionError('CONFLICT', 'The visitor came with the old ticket of a session that was given a new id, and lives.', {
    fix: 'Nothing was changed, and the visitor keeps what is in the browser. Let the visitor load the page again, or sign in.',
  })
}

export function newerRelease(): SessionError {
  return new SessionError(
    'STORE_FAILED',
    'The visitor came with a ticket of a newer release of this library, which this one cannot read.',
    {
      fix: 'Nothing was changed, and the ticket is left alone. Bring all servers to the newer release.',
    },
  )
}

/** There is no record: that may leave something open. */
export function absent(handle: string, { evicts, consistency }: Store): Refused {
  const unknown = { refused: 'unknown', handle } as const
  if (evicts) return { ...unknown, detail: 'evicts', cannotEnd: perhapsEvicted() }
  return consistency === 'eventual' ? { ...unknown, detail: 'eventual' } : unknown
}

/** The error for who stays connected, and came with a ticket that is an old one by now. */
export function hasNewId(): SessionError {
  return new SessionError('CONFLICT', 'The session was given a new id, and shows nothing more to who came with the old one.', {
    fix: 'Close the connection: the client connects again with the new ticket.',
  })
}
