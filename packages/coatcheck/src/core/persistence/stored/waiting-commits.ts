import type { Engine } from '../../engine.ts'
import { type CommitBatches, sinceOf, Turn, unlessOver } from './commit-batches.ts'
import type { Ends } from './ends.ts'
import type { IdRotation } from './id-rotation.ts'
import { type PendingCommit, readable, type Step } from './pending-commit.ts'
import type { Records, VersionedRecord } from './records.ts'
import type { Turns } from './turns.ts'

/** Commits that have to wait: for the store, for others of this process, or for another process. */
export class WaitingCommits {
  /** A list for each session of which a commit is under way. */
  readonly byKey: Map<string, Turn[]> = new Map()
  readonly #batches: CommitBatches
  readonly #records: Records
  readonly #engine: Engine
  readonly #rotation: IdRotation
  readonly #ends: Ends
  readonly #turns: Turns
  constructor(batches: CommitBatches, records: Records, engine: Engine, rotation: IdRotation, ends: Ends, turns: Turns) {
    this.#batches = batches
    this.#records = records
    this.#engine = engine
    this.#rotation = rotation
    this.#ends = ends
    this.#turns = turns
  }

  /** Behind the commit of the session that is under way. */
  join(key: string, commit: PendingCommit): Promise<Step> {
    const turn = new Turn(commit)
    this.byKey.get(key)?.push(turn)
    return turn.step
  }

  begin(commit: PendingCommit, found: VersionedRecord): Promise<Step> {
    const turn = new Turn(commit)
    void this.#run(found.key, [turn], found)
    return turn.step
  }

  /** Waits for the store, which was asked to carry out the first try. */
  goOn(commit: PendingCommit, found: VersionedRecord, tried: Promise<VersionedRecord | undefined>): Promise<Step> {
    const { key } = found
    const waiting: Turn[] = []
    this.byKey.set(key, waiting)
    return tried.then(
      (saved) => {
        if (!saved) return this.retry(commit, found, waiting)
        if (waiting.length > 0) void this.#run(key, waiting, saved)
        else this.byKey.delete(key)
        return { kept: saved }
      },
      (error) => {
        void this.#run(key, waiting, undefined)
        throw error
      },
    )
  }

  /** Another write was first. */
  retry(commit: PendingCommit, found: VersionedRecord, waiting: Turn[] = []): Promise<Step> {
    const turn = new Turn(commit)
    waiting.unshift(turn)
    this.#batches.tellConflict(1, [commit], found)
    void this.#run(found.key, waiting, undefined, 1)
    return turn.step
  }

  /** `attempts`: so many were made already. */
  async #run(key: string, waiting: Turn[], first: VersionedRecord | undefined, attempts = 0): Promise<void> {
    this.byKey.set(key, waiting)
    let found = first
    let attempt = attempts
    while (waiting.length > 0) {
      let turns = waiting
      try {
        // Commits that arrive while this one waits for its turn are written with it.
        if (attempt === 0 && this.#turns.hasWaited && this.#turns.isContended(key))
          found = readable(await this.#turns.read(key, 0, sinceOf(waiting)))
        turns = waiting.splice(0)
        // The next commit starts from the record just written; after a failure it reads again.
        const areUpdates = turns.every(({ commit }) => commit.kind === 'update')
        found = await (areUpdates ? this.#batches.write(key, turns, found, attempt) : this.#together(key, turns, found))
      } catch (error) {
        found = undefined
        for (const turn of turns.splice(0)) turn.failed(error)
      }
      attempt = 0
    }
    this.byKey.delete(key)
    if (!found) this.#records.latest.remember(key, undefined)
  }

  /** Ends go first, then changes, then new ids: a commit behind an end or a new id continues elsewhere. */
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
    const updates = of('update')
    let found = updates.length > 0 ? await this.#batches.write(key, updates, from) : from
    for (const turn of of('move')) {
      try {
        turn.done(
          await this.#rotation.move(
            turn.commit,
            unlessOver(found, this.#engine.now()) ?? readable(await this.#records.read(key)),
          ),
        )
      } catch (error) {
        turn.failed(error)
      }
      found = undefined
    }
    return found
  }
}
