import { SessionError } from '../../../errors.ts'
import type { ChangeSet, Engine } from '../../engine.ts'
import { isEmpty } from '../../model/changes.ts'
import type { Contents, Forwarding } from '../../model/contents.ts'
import { afterWrite, isOver, type Lifetime, newLifetime, policyOf } from '../../model/lifetime.ts'
import { isDone, moved, startsAnew } from '../../model/moves.ts'
import { inLineOf } from '../../owners/lineage.ts'
import type { Ends } from './ends.ts'
import type { Ids, Made, NewRecords } from './new-records.ts'
import {
  backOff,
  checkTime,
  eitherTicket,
  isFresh,
  keyUnknown,
  type Onward,
  overtaken,
  type PendingCommit,
  readable,
  type Step,
  tooOld,
} from './pending-commit.ts'
import type { Records, VersionedRecord } from './records.ts'
import type { Turns } from './turns.ts'

/** Gives sessions new ids, and leads commits from an old id to the new one: the rules of docs/security.md, "A new id". */
export class IdRotation {
  readonly #records: Records
  readonly #engine: Engine
  readonly #ids: Ids
  readonly #ends: Ends
  readonly #turns: Turns
  readonly #fresh: NewRecords

  constructor(records: Records, engine: Engine, ids: Ids, ends: Ends, turns: Turns, fresh: NewRecords) {
    this.#records = records
    this.#engine = engine
    this.#ids = ids
    this.#ends = ends
    this.#turns = turns
    this.#fresh = fresh
  }

  /** A new id: the new record first, so that a failure loses nobody's session; then the old one leads to it. */
  async move(commit: PendingCommit, from: VersionedRecord | undefined): Promise<Step> {
    const { changeSet } = commit
    // The store may have kept an earlier try. Then a second new id must not be made from the older record of this request.
    const isUncertain = from !== undefined && changeSet.attempts.mayLeadFrom(from.key)
    let found = isUncertain ? readable(await this.#surely(from.key)) : from
    let made: Made | undefined
    try {
      for (let attempt = 0; found && !found.forwarding && !isOver(found.record, this.#engine.now()); attempt++) {
        checkTime(commit, this.#engine)
        // Writes of others to the old record in between belong into the new one.
        const contents = inLineOf(found, this.#after(found.contents, changeSet))
        made = made
          ? await this.#fresh.rewrite(made, contents, changeSet)
          : await this.#fresh.begin(contents, this.#lifeOf(contents, found, changeSet), changeSet, commit.request, found)
        if (!made) {
          // Another request ended the new record, as a session of this owner.
          if (changeSet.move?.kind !== 'signIn') await this.#ends.end(commit, found)
          return this.#ends.over(commit)
        }
        if (await this.#lead(found, made, changeSet)) {
          await this.#turns.done(found.key)
          return { kept: made, id: made.id, isOwn: attempt === 0 }
        }
        changeSet.attempts.answered('refused')
        await backOff(attempt, this.#engine)
        const there = this.#turns.read(found.key, attempt, commit.since)
        found = readable(await there.catch(eitherTicket)) // it may be this request's own, sent again
        if (found && !found.forwarding) changeSet.attempts.settle(found.contents.writes)
        if (found?.forwarding?.key === made.key) return { kept: made, id: made.id }
      }
    } catch (error) {
      // If nobody knows whether the old record leads to the new one, the new one must stay.
      if (made && (error as SessionError).code !== 'STORE_FAILED') await this.#fresh.discard(made, changeSet)
      throw error
    }
    if (made) await this.#fresh.discard(made, changeSet)
    if (found?.forwarding) return { forwarding: found.forwarding, at: found.key }
    return found ? this.#ends.over(commit) : this.#ends.gone(commit)
  }

  /** Leads a commit to the new record of its session, if it may follow. Nobody but the request that made the new id is told it. */
  async next(commit: PendingCommit, { key, kind, sealed }: Forwarding, at: string): Promise<Onward | Step> {
    const { changeSet, request } = commit
    const { move, attempts, changes } = changeSet
    const own = attempts.idOf(key)
    if (own === undefined && !isFresh(request, this.#engine)) throw tooOld(this.#engine)
    const target = readable(await (own === undefined ? this.#records.read(key) : this.#surely(key)))
    if (!target) return this.#ends.gone(commit)
    // Nothing of one person is written into another person's session. A write that an earlier try made was kept.
    const isOthers = kind === 'switch' && commit.kind === 'update' && !isEmpty(attempts.left(changes, target.contents.writes))
    if (commit.kind !== 'move') return isOthers ? { dropped: 'ended' } : { commit, target }
    const update = { ...commit, kind: 'update' } as const
    const isThere = !move || isDone(move, target.contents)
    // An earlier try of this request made that id; it may have wanted less than this one.
    if (own !== undefined) return { commit: isThere ? update : commit, target, id: own }
    if (move?.kind === 'signIn') {
      // A double click: the same person signs in twice from one session.
      if (kind !== 'signIn' || !isThere) throw overtaken('Somebody else signed in, or the session was given a new id,')
      const id = await this.#ids.open(sealed, at)
      if (id === undefined && sealed !== undefined) throw keyUnknown('The session was given a new id, which is')
      return { commit: update, target, ...(id !== undefined && { id }) }
    }
    // Another holder of the old ticket may have made that id: the changes of this request must not be shown there.
    if (!isThere || !isEmpty(changes)) throw overtaken('Another request gave the session a new id')
    return { overtaken: true }
  }

  async #lead(found: VersionedRecord, made: Made, changeSet: ChangeSet): Promise<boolean> {
    const sealed = await this.#ids.seal(made.id, found.key)
    const { kind = 'regenerate', note } = changeSet.move ?? {}
    const texts = { ...(sealed !== undefined && { sealed }), ...(note !== undefined && { note }) }
    const forwarding: Forwarding = { kind, key: made.key, ...texts, ...this.#records.stamp() }
    try {
      return await this.#records.forward(found, forwarding)
    } catch (error) {
      if ((error as SessionError).code !== 'STORE_FAILED') throw error
      return this.#unanswered(found, made, changeSet, error)
    }
  }

  /**
   * The store did not answer the write that leads on: finds out whether it was kept, or makes sure that it cannot land later. False: another
   * request was faster.
   */
  async #unanswered(found: VersionedRecord, made: Made, changeSet: ChangeSet, error: unknown): Promise<boolean> {
    const { cause = error } = error as SessionError
    try {
      let there = await this.#records.read(found.key)
      const isFenced = there?.version === found.version && (await this.#records.update(found, found.contents, found.record))
      if (!isFenced && there?.version === found.version) there = await this.#records.read(found.key)
      if (!isFenced) return there?.forwarding?.key === made.key
    } catch {
      eitherTicket(error)
    }
    await this.#fresh.discard(made, changeSet)
    throw new SessionError(
      'STORE_FAILED',
      'The store failed while the session was given a new id; it has its old one, as before.',
      {
        cause,
        fix: 'See `cause` for what the store reported. Nothing of this commit was stored. Let the visitor try again.',
      },
    )
  }

  /** Reads what an earlier try of this request may have written: if that fails, it is still not known which ticket is good. */
  async #surely(key: string): Promise<VersionedRecord | undefined> {
    try {
      return await this.#records.read(key)
    } catch (error) {
      eitherTicket(error)
    }
  }

  #after(contents: Contents, changeSet: ChangeSet): Contents {
    return moved(contents, changeSet, this.#engine.now(), (changes) => changeSet.attempts.left(changes, contents.writes))
  }

  #lifeOf(contents: Contents, { record, contents: before }: VersionedRecord, { move }: ChangeSet): Lifetime {
    const { policy, now } = this.#engine
    return startsAnew(move) ? newLifetime(policyOf(contents, policy), now()) : afterWrite(record, contents, before, policy, now())
  }
}
