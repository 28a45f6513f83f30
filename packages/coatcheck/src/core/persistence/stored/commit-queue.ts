import { andThen, type Maybe } from '../../../crypto/maybe.ts'
import { randomText } from '../../../crypto/random.ts'
import { mayAwaitOthers } from '../../../crypto/workers.ts'
import type { SessionError } from '../../../errors.ts'
import type { Engine } from '../../engine.ts'
import { apply, isEmpty } from '../../model/changes.ts'
import { afterWrite, isOver } from '../../model/lifetime.ts'
import type { Ends } from './ends.ts'
import type { IdRotation } from './id-rotation.ts'
import type { MovedOn, Outcome, PendingCommit } from './pending-commit.ts'
import { backOff, checkTime, knownOf, movedOn, passes, readable, settle, sinceOf, Turn } from './pending-commit.ts'
import type { Records, VersionedRecord } from './records.ts'
import type { Turns } from './turns.ts'

/**
 * The commits of sessions in a store. Of each session one is under way in this process; all that wait for it are applied in order
 * and written once. Between processes, and where one request may not wait for another, the store's compare-and-set decides: whoever
 * lost reads again, applies its changes again and tries again. No write is unconditional, so nothing brings an ended session back.
 */
export class CommitQueue {
  readonly #waiting = new Map<string, Turn[]>()
  readonly #records: Records
  readonly #engine: Engine
  readonly #rotation: IdRotation
  readonly #ends: Ends
  readonly #turns: Turns
  constructor(records: Records, engine: Engine, rotation: IdRotation, ends: Ends, turns: Turns) {
    this.#records = records
    this.#engine = engine
    this.#rotation = rotation
    this.#ends = ends
    this.#turns = turns
  }

  /** Carries out a commit, wherever its session went since `at` was read; `id`: of where it is by then, to be told to the visitor. */
  commit(commit: PendingCommit, at: VersionedRecord, id?: string): Maybe<Outcome> {
    const turn = new Turn(commit)
    const waiting = this.#waiting.get(at.key)
    if (waiting && mayAwaitOthers) waiting.push(turn)
    else void this.#run(at.key, [turn], this.#records.latest.newest(at))
    return andThen(turn.answer(), (step) => {
      if ('forwarding' in step) return this.#follow(commit, step, id)
      return id !== undefined && 'kept' in step && step.id === undefined ? { ...step, id } : step
    })
  }

  async #follow(commit: PendingCommit, { forwarding, at }: MovedOn, id: string | undefined): Promise<Outcome> {
    try {
      const next = await this.#rotation.next(commit, forwarding, at)
      return 'target' in next ? await this.commit(next.commit, next.target, next.id ?? id) : (next as Outcome)
    } catch (error) {
      throw movedOn(error as SessionError)
    }
  }

  async #run(key: string, waiting: Turn[], first: VersionedRecord): Promise<void> {
    this.#waiting.set(key, waiting)
    let found: VersionedRecord | undefined = first
    while (waiting.length > 0) {
      let turns = waiting
      try {
        // Whoever comes while it waits for its turn goes along.
        if (this.#turns.hasOthers && this.#turns.isContended(key))
          found = readable(await this.#turns.read(key, 0, sinceOf(waiting)))
        turns = waiting.splice(0)
        // What was just written is handed over; after a failure nobody knows what is there.
        const areUpdates = turns.every(({ commit }) => commit.kind === 'update')
        found = await (areUpdates ? this.#update(key, turns, found) : this.#together(key, turns, found))
      } catch (error) {
        found = undefined
        for (const turn of turns.splice(0)) turn.failed(error)
      }
    }
    this.#waiting.delete(key)
    this.#records.latest.remember(key, found)
  }

  /** Ends go first, then changes, then new ids: whoever meets one of these goes on elsewhere. */
  async #together(key: string, turns: Turn[], from: VersionedRecord | undefined): Promise<VersionedRecord | undefined> {
    const of = (kind: PendingCommit['kind']) => turns.filter(({ commit }) => commit.kind === kind)
    let isEnded = false
    for (const turn of of('end')) {
      try {
        if (!isEnded) await this.#ends.end(turn.commit, from ?? (await this.#records.read(key)))
        isEnded = true
        turn.done({ dropped: 'ended' })
      } catch (error) {
        turn.failed(error)
      }
      from = undefined
    }
    if (isEnded) {
      for (const turn of turns) turn.done({ dropped: 'ended' })
      return undefined
    }
    let found = await this.#update(key, of('update'), from)
    for (const turn of of('move')) {
      try {
        turn.done(await this.#rotation.move(turn.commit, this.#unlessOver(found) ?? readable(await this.#records.read(key))))
      } catch (error) {
        turn.failed(error)
      }
      found = undefined
    }
    return found
  }

  /** Writes the changes of all turns at once; what is at `key` now, as far as it is known. */
  async #update(key: string, turns: Turn[], from: VersionedRecord | undefined): Promise<VersionedRecord | undefined> {
    const { now, policy, conflictTimeout } = this.#engine
    let found = from
    for (let attempt = 0; ; attempt++) {
      let time = now()
      if (turns.some(({ commit }) => time - commit.since > conflictTimeout))
        turns = turns.filter((turn) => passes(turn, () => checkTime(turn.commit, this.#engine)))
      if (turns.length === 0) return found
      found = this.#unlessOver(found, time)
      let isLive = found !== undefined && !found.forwarding
      if (!found) {
        found = readable(await this.#turns.read(key, attempt, sinceOf(turns), (seen) => settle(turns, seen)))
        settle(turns, found) // what was refused may be there all the same: a look from before it does not tell
        time = now()
        isLive = found !== undefined && !found.forwarding && !isOver(found.record, time)
      }
      if (!found || !isLive) {
        for (const turn of turns) this.#turnAway(turn, found)
        return undefined
      }
      const { contents, kept, overwritten } = applied(found, turns, time)
      turns = kept
      if (turns.length === 0) return found
      const write = randomText(6)
      for (const { commit } of turns) commit.changeSet.attempts.add(write, contents.writes, commit.changeSet.changes)
      const next = this.#records.signed(contents, write, time, this.#records.latest.answered(key))
      let saved: VersionedRecord | undefined
      try {
        const answer = this.#records.update(found, next, afterWrite(found.record, next, found.contents, policy, time))
        saved = answer instanceof Promise ? await answer : answer
        if (answer instanceof Promise) time = now()
      } catch (error) {
        if (turns.length === 1 || (error as SessionError).code !== 'RECORD_TOO_LARGE') throw error
        return this.#oneByOne(key, turns, found)
      }
      for (const { commit } of turns) commit.changeSet.attempts.answered(saved ? 'kept' : 'refused')
      if (saved) {
        this.#records.latest.answer(key, write)
        for (const at of overwritten) this.#engine.emit({ type: 'overwritten', key: at, handle: key }, knownOf(turns, found))
        // On Workers nothing goes on after the answer.
        const released = this.#turns.done(key, time)
        if (released instanceof Promise) await released
        for (const turn of turns) turn.done({ kept: saved })
        return saved
      }
      this.#engine.emit({ type: 'conflict', handle: key, retry: attempt + 1 }, knownOf(turns, found))
      await backOff(attempt, this.#engine)
      found = undefined
    }
  }

  /** A record that was over when it was read may go on since: somebody else has seen the session. */
  #unlessOver(found: VersionedRecord | undefined, now: number = this.#engine.now()): VersionedRecord | undefined {
    return found && !found.forwarding && isOver(found.record, now) ? undefined : found
  }

  #turnAway(turn: Turn, found: VersionedRecord | undefined): void {
    if (found?.forwarding) turn.done({ forwarding: found.forwarding, at: found.key })
    else passes(turn, () => turn.done(found ? this.#ends.over(turn.commit) : this.#ends.gone(turn.commit)))
  }

  /** Together they are too large: only those that make it so are refused. */
  async #oneByOne(key: string, turns: readonly Turn[], from: VersionedRecord): Promise<VersionedRecord | undefined> {
    let found: VersionedRecord | undefined = from
    for (const turn of turns)
      try {
        found = await this.#update(key, [turn], found)
      } catch (error) {
        turn.failed(error)
        if ((error as SessionError).code !== 'RECORD_TOO_LARGE') found = undefined
      }
    return found
  }
}

/** A change that throws when it is run again rejects its own commit only; one that is there already has its answer. */
function applied(from: VersionedRecord, turns: readonly Turn[], now: number) {
  const overwritten: string[] = []
  let { contents } = from
  const kept = turns.filter((turn) => {
    const { attempts, changes } = turn.commit.changeSet
    try {
      const left = attempts.left(changes, from.contents.writes)
      const isThere = left !== changes && isEmpty(left)
      if (isThere) turn.done({ kept: from })
      else contents = apply(contents, left, now, (key) => overwritten.push(key))
      return !isThere
    } catch (error) {
      turn.failed(error)
      return false
    }
  })
  return { contents, kept, overwritten }
}
