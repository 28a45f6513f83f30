import type { Maybe } from '../../../crypto/maybe.ts'
import type { SessionError } from '../../../errors.ts'
import type { Engine } from '../../engine.ts'
import type { Contents } from '../../model/contents.ts'
import type { Known } from '../../model/events.ts'
import { isOver } from '../../model/lifetime.ts'
import type { Ends } from './ends.ts'
import { backOff, checkTime, type PendingCommit, readable, type Step } from './pending-commit.ts'
import type { Turns } from './turns.ts'
import type { VersionedRecord } from './versioned-record.ts'

/** Makes one try of commits that change a record together. */
export interface Writer {
  /** The contents with what of the commit's changes is not in `from`; undefined: all of them are. */
  applied(
    commit: PendingCommit,
    contents: Contents,
    from: VersionedRecord,
    now: number,
    overwritten: string[],
  ): Contents | undefined
  /** undefined: another write was first. */
  write(
    commits: readonly PendingCommit[],
    found: VersionedRecord,
    contents: Contents,
    now: number,
    overwritten: readonly string[],
  ): Maybe<VersionedRecord | undefined>
}

/** Writes the changes of several commits at once, again and again until nobody else was first. */
export class CommitBatches {
  readonly #writer: Writer
  readonly #engine: Engine
  readonly #ends: Ends
  readonly #turns: Turns
  constructor(writer: Writer, engine: Engine, ends: Ends, turns: Turns) {
    this.#writer = writer
    this.#engine = engine
    this.#ends = ends
    this.#turns = turns
  }

  /** Writes the changes of all turns at once. Returns the record at `key` now, if it is known. */
  async write(
    key: string,
    all: readonly Turn[],
    from: VersionedRecord | undefined,
    attempts = 0,
  ): Promise<VersionedRecord | undefined> {
    let found = from
    for (let attempt = attempts; ; attempt++) {
      found = await this.#live(key, all, found, attempt)
      if (!found) return undefined
      const time = this.#engine.now()
      const overwritten: string[] = []
      const turns: Turn[] = []
      let { contents } = found
      for (const turn of all.filter(isWaiting)) {
        try {
          const next = this.#writer.applied(turn.commit, contents, found, time, overwritten)
          contents = next ?? contents
          if (next) turns.push(turn)
          else turn.done({ kept: found })
        } catch (error) {
          turn.failed(error) // a change that throws when it is replayed rejects its own commit only
        }
      }
      if (turns.length === 0) return found
      const commits = turns.map(({ commit }) => commit)
      try {
        const saved = await this.#writer.write(commits, found, contents, time, overwritten)
        if (saved) for (const turn of turns) turn.done({ kept: saved })
        if (saved) return saved
      } catch (error) {
        if (turns.length === 1 || (error as SessionError).code !== 'RECORD_TOO_LARGE') throw error
        return this.#oneByOne(key, turns, found)
      }
      this.tellConflict(attempt + 1, commits, found)
      await backOff(attempt, this.#engine)
      found = undefined
    }
  }

  tellConflict(retry: number, commits: readonly PendingCommit[], found: VersionedRecord): void {
    this.#engine.emit({ type: 'conflict', handle: found.key, retry }, knownOf(commits, found))
  }

  /** The session that the turns are to change, read if it has to be. undefined: there is none, and they were turned away. */
  async #live(
    key: string,
    all: readonly Turn[],
    from: VersionedRecord | undefined,
    attempt: number,
  ): Promise<VersionedRecord | undefined> {
    const { now } = this.#engine
    for (const turn of all) if (!turn.isAnswered) turn.keeps(() => checkTime(turn.commit, this.#engine))
    const turns = all.filter(isWaiting)
    if (turns.length === 0) return undefined
    let found = unlessOver(from, now())
    let isLive = found !== undefined && !found.forwarding
    if (!found) {
      found = readable(await this.#turns.read(key, attempt, sinceOf(turns), (seen) => settle(turns, seen)))
      settle(turns, found) // what was refused may be there all the same: a look from before it does not tell
      isLive = found !== undefined && !found.forwarding && !isOver(found.record, now())
    }
    if (isLive) return found
    for (const turn of turns) this.#turnAway(turn, found)
    return undefined
  }

  #turnAway(turn: Turn, found: VersionedRecord | undefined): void {
    if (found?.forwarding) turn.done({ forwarding: found.forwarding, at: found.key })
    else turn.keeps(() => turn.done(found ? this.#ends.over(turn.commit) : this.#ends.gone(turn.commit)))
  }

  /** The changes together are too large: only the commits that make them so are refused. */
  async #oneByOne(key: string, turns: readonly Turn[], from: VersionedRecord): Promise<VersionedRecord | undefined> {
    let found: VersionedRecord | undefined = from
    for (const turn of turns)
      try {
        found = await this.write(key, [turn], found)
      } catch (error) {
        turn.failed(error)
        if ((error as SessionError).code !== 'RECORD_TOO_LARGE') found = undefined
      }
    return found
  }
}

/** A commit that waits for its turn at one record. */
export class Turn {
  readonly commit: PendingCommit
  isAnswered = false
  readonly #step = Promise.withResolvers<Step>()

  constructor(commit: PendingCommit) {
    this.commit = commit
  }

  get step(): Promise<Step> {
    return this.#step.promise
  }

  done(step: Step): void {
    this.isAnswered = true
    this.#step.resolve(step)
  }

  failed(error: unknown): void {
    this.isAnswered = true
    this.#step.reject(error)
  }

  /** What `check` throws is the answer of this commit only. */
  keeps(check: () => unknown): void {
    try {
      check()
    } catch (error) {
      this.failed(error)
    }
  }
}

const isWaiting = ({ isAnswered }: Turn): boolean => !isAnswered

/** For an event about these: of several requests it names the first. */
export const knownOf = ([commit]: readonly PendingCommit[], { contents }: VersionedRecord): Known => ({
  request: commit?.request,
  owner: contents.owner,
})

/** When the oldest of these began. */
export const sinceOf = (turns: readonly Turn[]): number => Math.min(...turns.map(({ commit }) => commit.since))

/** Asks a record that was read meanwhile: later it may not show any more whether an earlier try was kept. */
function settle(turns: readonly Turn[], seen: VersionedRecord | undefined): void {
  if (seen && !seen.fault && !seen.forwarding)
    for (const { commit } of turns) commit.changeSet.attempts.settle(seen.contents.writes)
}

/** A record that was over when this request read it may live again: another server has used the session. */
export const unlessOver = (found: VersionedRecord | undefined, now: number): VersionedRecord | undefined =>
  found && !found.forwarding && isOver(found.record, now) ? undefined : found
