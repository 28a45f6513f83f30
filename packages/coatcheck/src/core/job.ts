import { SessionError } from '../errors.ts'
import type { Changes } from './changes.ts'
import type { Engine, Taken } from './engine.ts'
import type { Known } from './records.ts'

export type Outcome = { readonly kept: Known; readonly id?: string } | { readonly dropped: 'ended' }

/** One commit of a session in a store, waiting for its turn. */
export interface Job {
  kind: 'update' | 'replace' | 'end'
  readonly taken: Taken
  /** What of its changes is not kept yet, when an earlier try turned out to have been kept. */
  left?: Changes
  /** When its commit began: its time limit counts from here. */
  readonly since: number
  /** The id to tell the visitor once it is kept: that of the successor which a parallel request made. */
  id?: string | undefined
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

/** Whether the job may still try; one that may not is told so. */
export function inTime(job: Job, { now, conflictTimeout }: Engine): boolean {
  if (now() - job.since <= conflictTimeout) return true
  const limit = `${conflictTimeout / 1000} seconds`
  job.reject(
    new SessionError(
      'CONFLICT',
      `The session was changed by others all the time, and this commit did not get through in ${limit}.`,
    ),
  )
  return false
}

/** Waits before another try: full jitter, from 1 ms, 32 ms at most; the first retry goes at once. */
export async function backOff(attempt: number, { sleep }: Engine): Promise<void> {
  if (attempt > 0) await sleep(Math.random() * Math.min(32, 2 ** (attempt - 1)))
}

/** What there is at `key`; a record that cannot be read must not be replaced. */
export function readable(known: Known | undefined): Known | undefined {
  if (known?.fault === undefined) return known
  throw new SessionError('STORE_FAILED', `The record of session ${known.key} cannot be read (${known.fault}).`, {
    fix: 'Look at what wrote it: another release, other secrets, or damage in the store.',
  })
}
