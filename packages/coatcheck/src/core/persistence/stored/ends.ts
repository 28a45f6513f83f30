import { SessionError } from '../../../errors.ts'
import type { Engine } from '../../engine.ts'
import { isOver } from '../../model/lifetime.ts'
import { isFresh, movedOn, overtaken, type PendingCommit, perhapsEvicted, readable, type Step, tooOld } from './pending-commit.ts'
import type { Records, VersionedRecord } from './records.ts'
import type { Turns } from './turns.ts'

/** How a session ends, wherever it went, and what can be said of one that is not there. */
export class Ends {
  readonly #records: Records
  readonly #engine: Engine
  readonly #turns: Turns

  constructor(records: Records, engine: Engine, turns: Turns) {
    this.#records = records
    this.#engine = engine
    this.#turns = turns
  }

  /** Ends the session, wherever it went. False: it had ended. Throws `CONFLICT` where it cannot be told whether it lives. */
  async end({ request }: Pick<PendingCommit, 'request'>, from: VersionedRecord | undefined): Promise<boolean> {
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
      throw hasMoved ? movedOn(error as SessionError) : error
    }
    throw new SessionError('CONFLICT', 'The session could not be ended: it was written to all the time.')
  }

  /** That there is nothing proves that the session was ended; not for ever, and not where records are evicted. */
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

  /** Whether a ticket for this record opens something; `otherwise`, where that cannot be told. */
  async isCurrent(key: string, otherwise: boolean): Promise<boolean> {
    try {
      const found = await this.#records.read(key)
      return found?.fault ? otherwise : found !== undefined && !found.forwarding
    } catch {
      return otherwise
    }
  }

  /** What becomes of a commit that finds nothing where its session was. */
  gone(commit: PendingCommit): Step {
    this.#checkGone(commit.request)
    return this.over(commit)
  }

  /** What becomes of a commit whose session has ended. One that joined a sign-in only updates by now, and signs in all the same. */
  over({ changeSet }: PendingCommit): Step {
    if (changeSet.move?.kind === 'signIn') {
      throw new SessionError('CONFLICT', 'The session ended while somebody signed in with it, and nobody is signed in.')
    }
    return { dropped: 'ended' }
  }
}
