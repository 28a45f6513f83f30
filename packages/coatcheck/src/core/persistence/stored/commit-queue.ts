import { andThen, type Maybe } from '../../../crypto/maybe.ts'
import { randomText } from '../../../crypto/random.ts'
import { mayAwaitOthers } from '../../../crypto/workers.ts'
import { AT_ONCE, type AtOnce, type Store } from '../../../stores/store.ts'
import type { Engine } from '../../engine.ts'
import type { Try } from '../../model/attempts.ts'
import { apply, isEmpty } from '../../model/changes.ts'
import { afterWrite, isOver } from '../../model/lifetime.ts'
import { TOLD } from '../../model/writes.ts'
import { CommitBatches, knownOf, type Writer } from './commit-batches.ts'
import type { Ends } from './ends.ts'
import type { IdRotation } from './id-rotation.ts'
import type { MovedOn, Outcome, PendingCommit, Step } from './pending-commit.ts'
import type { Records, VersionedRecord } from './records.ts'
import type { Turns } from './turns.ts'
import { WaitingCommits } from './waiting-commits.ts'

/** The last write of a session that the store answered. */
interface Written {
  /** Its id: the log of writes need not hold it any more. */
  readonly id: string
  /** Milliseconds since the epoch, and how many there were in a row. */
  readonly at: number
  readonly row: number
}
/** A write that the store has not answered. */
interface Sent {
  readonly id: string
  readonly tries: readonly Try[]
  readonly commits: readonly PendingCommit[]
  readonly found: VersionedRecord
  readonly overwritten: readonly string[]
}
/** Of a write: as long as a version, which the store may make of it. */
const ID_BYTES = 9
/** So many sessions of which it is remembered. */
const MOST = 5000
/** After so many writes in a row, with less than `BREAK` milliseconds between them, a process looks whether others wait. */
const ROW = 16
const BREAK = 250

/**
 * Carries out the commits of stored sessions. This process runs one commit of a session at a time; those that wait are applied in order and
 * written once (`waiting-commits.ts`). Between processes, and where one request may not wait for another, the store's compare-and-set decides:
 * the loser reads again, applies its changes again and tries again. No write is unconditional, so nothing brings an ended session back.
 */
export class CommitQueue implements Writer {
  readonly #waiting: WaitingCommits
  /** Not remembered for good, nor after a fork. */
  readonly #written = new Map<string, Written>()
  readonly #records: Records
  readonly #engine: Engine
  readonly #rotation: IdRotation
  readonly #turns: Turns
  constructor(records: Records, engine: Engine, rotation: IdRotation, ends: Ends, turns: Turns) {
    this.#records = records
    this.#engine = engine
    this.#rotation = rotation
    this.#turns = turns
    const batches = new CommitBatches(this, engine, ends, turns)
    this.#waiting = new WaitingCommits(batches, records, engine, rotation, ends, turns)
  }

  /** Carries out a commit at `now`, and follows its session to a new id since `at` was read. `id`: that new id, to be told to the visitor. */
  commit(commit: PendingCommit, at: VersionedRecord, now: number = commit.since, id?: string): Maybe<Outcome> {
    const step = this.#step(commit, at, now)
    return step instanceof Promise ? step.then((later) => this.#after(later, commit, id)) : this.#after(step, commit, id)
  }

  #after(step: Step, commit: PendingCommit, id: string | undefined): Maybe<Outcome> {
    if ('forwarding' in step) return this.#follow(commit, step, id)
    return id !== undefined && 'kept' in step && step.id === undefined ? { ...step, id } : step
  }

  async #follow(commit: PendingCommit, { forwarding, at }: MovedOn, id: string | undefined): Promise<Outcome> {
    try {
      const next = await this.#rotation.next(commit, forwarding, at)
      return 'target' in next ? await this.commit(next.commit, next.target, this.#engine.now(), next.id ?? id) : (next as Outcome)
    } catch (error) {
      commit.changeSet.attempts.haveMovedOn = true
      throw error
    }
  }

  /** Carries out a commit at one record: at once, where nobody is before it and the store answers at once. */
  #step(commit: PendingCommit, at: VersionedRecord, now: number): Maybe<Step> {
    const { key } = at
    if (mayAwaitOthers && this.#waiting.byKey.has(key)) return this.#waiting.join(key, commit)
    // Another request of this process has written since: the version read earlier would fail compare-and-set, and more may come meanwhile.
    const latest = this.#records.latest.byKey.get(key)
    if (latest && latest.at > at.at) return this.#waiting.begin(commit, latest)
    const isLate = now - commit.since > this.#engine.conflictTimeout
    const mustWait = isLate || (this.#turns.hasWaited && this.#turns.isContended(key))
    if (commit.kind !== 'update' || mustWait || at.forwarding || isOver(at.record, now)) return this.#waiting.begin(commit, at)
    const overwritten: string[] = []
    const contents = this.applied(commit, at.contents, at, now, overwritten)
    if (!contents) return { kept: at }
    const saved = this.write([commit], at, contents, now, overwritten)
    if (saved instanceof Promise) return this.#waiting.goOn(commit, at, saved)
    return saved ? { kept: saved } : this.#waiting.retry(commit, at)
  }

  readonly applied: Writer['applied'] = (commit, contents, from, now, overwritten) => {
    const { attempts, changes } = commit.changeSet
    const left = attempts.hasTried ? attempts.left(changes, from.contents.writes) : changes
    if (left !== changes && isEmpty(left)) return undefined
    return apply(contents, left, now, (key) => overwritten.push(key))
  }

  readonly write: Writer['write'] = (commits, found, contents, now, overwritten) => {
    const write = { id: this.#isTold() ? TOLD : randomText(ID_BYTES), at: now }
    const tries = commits.map(({ changeSet }) => changeSet.attempts.add(write.id, contents.writes, changeSet.changes))
    const lifetime = afterWrite(found.record, contents, found.contents, this.#engine.policy, now)
    const saved = this.#records.updateLogged(found, contents, lifetime, write, this.#written.get(found.key)?.id)
    const sent = { id: write.id, tries, commits, found, overwritten }
    return saved instanceof Promise
      ? saved.then((later) => this.#answered(sent, later, this.#engine.now()))
      : this.#answered(sent, saved, now)
  }

  /** Whether the store's answer to a write, or its error, says for sure if it was kept. */
  #isTold(): boolean {
    const update: Store['update'] & { readonly [AT_ONCE]?: AtOnce } = this.#records.store.update
    const atOnce = update[AT_ONCE]
    return atOnce?.of === update && atOnce.isSure && !this.#engine.trace
  }

  /** The store has answered a write at `now`. */
  #answered(
    { id, tries, commits, found, overwritten }: Sent,
    saved: VersionedRecord | undefined,
    now: number,
  ): Maybe<VersionedRecord | undefined> {
    for (const each of tries) each.answer = saved ? 'kept' : 'refused'
    if (!saved) return undefined
    for (const key of overwritten) this.#engine.emit({ type: 'overwritten', key, handle: saved.key }, knownOf(commits, found))
    if (this.#endsRow(saved.key, id, now)) this.#turns.look(saved.key)
    if (!this.#turns.hasWaited) return saved
    // On Workers nothing goes on after the answer.
    return andThen(this.#turns.done(saved.key), () => saved)
  }

  /** Remembers a write. True for every sixteenth in a row: others may wait. */
  #endsRow(key: string, id: string, at: number): boolean {
    const written = this.#written
    const before = written.get(key)
    const row = before && before.row < ROW && at - before.at < BREAK ? before.row + 1 : 1
    written.set(key, { id, at, row })
    if (written.size > MOST) {
      const [oldest] = written.keys()
      written.delete(oldest as string)
    }
    return row === ROW
  }
}
