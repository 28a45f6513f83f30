import { SessionError } from '../../../errors.ts'
import type { Engine } from '../../engine.ts'
import { isOver } from '../../model/lifetime.ts'
import { isFresh, overtaken, type PendingCommit, perhapsEvicted, readable, type Step, tooOld } from './pending-commit.ts'
import type { Records, VersionedRecord } from './records.ts'
import type { Turns } from './turns.ts'

/** A commit, or a request that ends others' sessions. */
type Ending = Pick<PendingCommit, 'request'> & Partial<Pick<PendingCommit, 'changeSet'>>

/** Ends sessions, also after a new id, and says what a missing record proves. */
export class Ends {
  readonly #records: Records
  readonly #engine: Engine
  readonly #turns: Turns

  constructor(records: Records, engine: Engine, turns: Turns) {
    this.#records = records
    this.#engine = engine
    this.#turns = turns
  }

  /** Ends the session, also after a new id. False: it had ended. Throws `CONFLICT` if it may live and cannot be found. */
  async end({ request, changeSet }: Ending, from: VersionedRecord | undefined): Promise<boolean> {
    let found = readable(from)
    let hasMoved = false
    const since = this.#engine.now()
    try {
      for (let attempt = 0; attempt < 100; attempt++) {
        if (!found) {
          this.#checkGone(request)
          return false
        }
        hasMoved ||= found.forwarding !== undefined
        if (found.forwarding) {
          if (!isFresh(request, this.#engine)) throw tooOld(this.#engine)
        } else if (await this.#records.end(found)) {
          await this.#turns.done(found.key)
          return true
        }
        found = readable(await this.#turns.read(found.forwarding?.key ?? found.key, attempt, since))
      }
    } catch (error) {
      if (hasMoved && changeSet) changeSet.attempts.haveMovedOn = true
      throw error
    }
    throw new SessionError('CONFLICT', 'The session could not be ended: it was written to all the time.')
  }

  /** A missing record proves that the session ended. Not for ever, and not in a store that evicts: then this throws `CONFLICT`. */
  #checkGone(request: PendingCommit['request']): void {
    if (!isFresh(request, this.#engine)) throw tooOld(this.#engine)
    if (this.#records.store.evicts) throw perhapsEvicted()
  }

  /** Removes a session whose time is over, before another begins in its place. Throws `CONFLICT` if it is in use again. */
  async clearAway(from: VersionedRecord): Promise<void> {
    let found: VersionedRecord | undefined = from
    while (found && !found.forwarding && isOver(found.record, this.#engine.now())) {
      if (await this.#records.end(found)) return
      found = readable(await this.#records.read(found.key))
    }
    if (found) throw overtaken('Another server, whose clock is behind, went on with the session')
  }

  /** Whether a ticket for this record opens a session; `otherwise` if the store does not say. */
  async isCurrent(key: string, otherwise: boolean): Promise<boolean> {
    try {
      const found = await this.#records.read(key)
      return found?.fault ? otherwise : found !== undefined && !found.forwarding
    } catch {
      return otherwise
    }
  }

  /** The outcome of a commit whose session has no record any more. */
  gone(commit: PendingCommit): Step {
    this.#checkGone(commit.request)
    return this.over(commit)
  }

  /** The outcome of a commit whose session has ended. A commit that joined a sign-in is an update by now, and still signs in. */
  over({ changeSet }: PendingCommit): Step {
    if (changeSet.move?.kind === 'signIn') {
      throw new SessionError('CONFLICT', 'The session ended while somebody signed in with it, and nobody is signed in.')
    }
    return { dropped: 'ended' }
  }
}
