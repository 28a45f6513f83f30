import { randomText } from '../crypto/random.ts'
import { mayAwaitOthers } from '../crypto/workers.ts'
import type { SessionError } from '../errors.ts'
import { type Body, withWrite } from './body.ts'
import { apply, isEmpty, without } from './changes.ts'
import type { Engine } from './engine.ts'
import { written as livesOn } from './expiry.ts'
import { backOff, inTime, type Job, readable } from './job.ts'
import { type Ids, Moves } from './moves.ts'
import type { Known, Records } from './records.ts'

/** So many sessions' last records are handed over to commits that come later. */
const REMEMBERED = 500
/** … unless they are large: this bounds what is kept in memory. In UTF-16 units. */
const SMALL = 16_384

/**
 * The commits of sessions in a store. Of each session one is under way in this process; all that wait for it are applied in order
 * and written once. Between processes, and where one request may not wait for another, the store's compare-and-set decides: whoever
 * lost reads again, applies its changes again and tries again. No write is unconditional, so nothing brings an ended session back.
 */
export class Lines {
  readonly #waiting = new Map<string, Job[]>()
  readonly #latest = new Map<string, Known>()
  readonly #records: Records
  readonly #engine: Engine
  readonly moves: Moves

  constructor(records: Records, engine: Engine, ids: Ids) {
    this.#records = records
    this.#engine = engine
    this.moves = new Moves(records, engine, ids, (job, known) => this.add(job, known))
  }

  /** Queues `job` for the session at `known.key`. */
  add(job: Job, known: Known): void {
    const { key } = known
    const waiting = this.#waiting.get(key)
    if (waiting && mayAwaitOthers) waiting.push(job)
    else void this.#run(key, [job], this.#newest(key, known))
  }

  async #run(key: string, waiting: Job[], first: Known): Promise<void> {
    this.#waiting.set(key, waiting)
    let known: Known | undefined = first
    while (waiting.length > 0) {
      const jobs = waiting.splice(0)
      try {
        // What was just written is handed over; after a failure nobody knows what is there.
        known = await this.#turn(key, jobs, known)
      } catch (error) {
        known = undefined
        for (const job of jobs) job.reject(error)
      }
    }
    this.#waiting.delete(key)
    this.#remember(key, known)
  }

  /** What this process wrote after a request had read is what the request would lose against. */
  #newest(key: string, known: Known): Known {
    const latest = this.#latest.get(key)
    return latest && latest.at > known.at ? latest : known
  }

  #remember(key: string, known: Known | undefined): void {
    this.#latest.delete(key)
    if (known && known.record.data.length <= SMALL) this.#latest.set(key, known)
    const [oldest] = this.#latest.keys()
    if (oldest !== undefined && this.#latest.size > REMEMBERED) this.#latest.delete(oldest)
  }

  async #turn(key: string, jobs: Job[], from: Known | undefined): Promise<Known | undefined> {
    if (jobs.some(({ kind }) => kind === 'end')) {
      await this.moves.end(from ?? (await this.#records.read(key)))
      for (const job of jobs) job.resolve({ dropped: 'ended' })
      return undefined
    }
    const moves = jobs.filter(({ kind }) => kind === 'replace') // before the rest: a follower may turn into another kind
    let known = await this.#update(
      key,
      jobs.filter(({ kind }) => kind === 'update'),
      from,
    )
    for (const job of moves) {
      try {
        known = await this.moves.replace(job, known ?? (await this.#read(key)))
      } catch (error) {
        job.reject(error)
        known = undefined
      }
    }
    return known
  }

  /** Writes the changes of all jobs at once; what is at `key` now, as far as it is known. */
  async #update(key: string, jobs: Job[], from: Known | undefined): Promise<Known | undefined> {
    let known = from
    for (let attempt = 0; ; attempt++) {
      jobs = jobs.filter((job) => inTime(job, this.#engine))
      if (jobs.length === 0) return known
      known ??= await this.#read(key)
      if (!known) {
        for (const job of jobs) job.resolve({ dropped: 'ended' })
        return undefined
      }
      if (known.pointer) {
        for (const job of jobs) await this.moves.follow(job, known.pointer, key)
        return undefined
      }
      jobs = this.#unwritten(jobs, known)
      const overwritten: string[] = []
      const { body, kept } = this.#applied(known.body, jobs, (at) => overwritten.push(at))
      jobs = kept
      if (jobs.length === 0) return known
      const write = randomText(6)
      for (const { taken } of jobs) taken.trace.tries.push({ write, changes: taken.changes })
      let written: Known | undefined
      try {
        written = await this.#records.update(
          known,
          withWrite(body, write),
          livesOn(known.record, body, known.body, this.#engine.policy, this.#engine.now()),
        )
      } catch (error) {
        if (jobs.length === 1 || (error as SessionError).code !== 'RECORD_TOO_LARGE') throw error
        return this.#oneByOne(key, jobs, known)
      }
      if (written) {
        for (const at of overwritten) this.#engine.emit({ type: 'overwritten', key: at, handle: key })
        for (const job of jobs) keep(job, written)
        return written
      }
      known = undefined
      await backOff(attempt, this.#engine)
    }
  }

  /** A client that resends after a lost answer meets its own write, here or where the session has moved since: that is done. */
  #unwritten(jobs: Job[], known: Known): Job[] {
    return jobs.filter((job) => {
      const { trace, changes } = job.taken
      const done = trace.tries.findLast(({ write }) => known.body.writes.includes(write))
      if (!done) return true
      job.left = without(changes, done.changes)
      if (changes !== done.changes && !isEmpty(job.left)) return true
      keep(job, known)
      return false
    })
  }

  /** A change that throws when it is run again rejects its own commit only. */
  #applied(from: Body, jobs: readonly Job[], overwritten: (key: string) => void): { body: Body; kept: Job[] } {
    let body = from
    const kept: Job[] = []
    for (const job of jobs) {
      try {
        body = apply(body, job.left ?? job.taken.changes, this.#engine.now(), overwritten)
        kept.push(job)
      } catch (error) {
        job.reject(error)
      }
    }
    return { body, kept }
  }

  /** Together they are too large: only those that make it so are refused. */
  async #oneByOne(key: string, jobs: readonly Job[], from: Known): Promise<Known | undefined> {
    let known: Known | undefined = from
    for (const job of jobs) {
      try {
        known = await this.#update(key, [job], known)
      } catch (error) {
        job.reject(error)
        if ((error as SessionError).code !== 'RECORD_TOO_LARGE') known = undefined
      }
    }
    return known
  }

  async #read(key: string): Promise<Known | undefined> {
    return readable(await this.#records.read(key))
  }
}

function keep(job: Job, kept: Known): void {
  job.resolve({ kept, ...(job.id !== undefined && { id: job.id }) })
}
