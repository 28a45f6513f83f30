import { randomText } from '../crypto/random.ts'
import { SessionError } from '../errors.ts'
import { type Body, type Pointer, withWrite } from './body.ts'
import { apply, without } from './changes.ts'
import { type Engine, ownedBy, startsAnew, type Taken } from './engine.ts'
import { born, type Life, policyOf, written } from './expiry.ts'
import { backOff, inTime, type Job, readable } from './job.ts'
import { type Known, ownerDigest, type Records } from './records.ts'

/** How ids are made, and hidden in a pointer so that a stolen store opens nothing. */
export interface Ids {
  make(): Promise<{ readonly id: string; readonly key: string }>
  /** undefined without secrets. */
  seal(id: string, key: string): Promise<string | undefined>
  open(sealed: string | undefined, key: string): Promise<string | undefined>
}

/** A record that was begun, and the id that opens it. */
export type Made = Known & { readonly id: string }

/** A new id, an end, and the way from an old id to the new one. */
export class Moves {
  readonly #records: Records
  readonly #engine: Engine
  readonly #ids: Ids
  readonly #again: (job: Job, known: Known) => void

  constructor(records: Records, engine: Engine, ids: Ids, again: (job: Job, known: Known) => void) {
    this.#records = records
    this.#engine = engine
    this.#ids = ids
    this.#again = again
  }

  /** Removes the session, wherever it moved. Whoever comes in between has written: it is simply read and tried again. */
  async end(from: Known | undefined): Promise<void> {
    let known = from
    for (let attempt = 0; known && attempt < 100; attempt++) {
      if (!known.pointer && (await this.#records.delete(known))) return
      known = await this.#records.read(known.pointer?.key ?? known.key)
    }
    if (known) throw new SessionError('CONFLICT', 'The session could not be ended: it was written to all the time.')
  }

  /** Begins the record of a session at a key of its own; `from`: the key of what it is to take the place of. */
  async begin(body: Body, life: Life, { trace, changes }: Taken, from?: string): Promise<Made> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const { id, key } = await this.#ids.make()
      const write = randomText(6)
      trace.begun = key
      trace.tries.push({ write, changes })
      const made = await this.#records.create(key, withWrite(body, write), life, from)
      if (made) return { ...made, id }
      const there = await this.#records.read(key)
      if (there?.body.writes.includes(write)) return { ...there, id }
    }
    throw new SessionError('STORE_FAILED', 'The store said of three random ids in a row that they are taken.')
  }

  /** A new id: the new record first, so that a failure loses nobody's session; then the old one becomes a pointer to it. */
  async replace(job: Job, from: Known | undefined): Promise<undefined> {
    const { now } = this.#engine
    const { taken } = job
    const kind = taken.move?.kind ?? 'renew'
    const bodyOf = ({ body }: Known) => {
      // An earlier try may have been kept although its answer was lost.
      const done = taken.trace.tries.findLast(({ write }) => body.writes.includes(write))
      const left = done ? without(taken.changes, done.changes) : taken.changes
      return ownedBy(
        apply(body, left, now(), () => {}),
        taken,
      )
    }
    let known = from
    let made: Made | undefined
    try {
      for (let attempt = 0; known && !known.pointer; attempt++) {
        if (!inTime(job, this.#engine)) break
        // What others wrote to the old record meanwhile belongs to the new one as well.
        if (made) made = await this.#rewrite(made, bodyOf(known), taken)
        else made = await this.begin(...this.#successor(bodyOf(known), known, taken), taken, known.key)
        const sealed = await this.#ids.seal(made.id, known.key)
        if (await this.#records.point(known, { kind, key: made.key, ...(sealed !== undefined && { sealed }) })) {
          return job.resolve({ kept: made, id: made.id }) as undefined
        }
        known = readable(await this.#records.read(known.key))
        if (known?.pointer?.key === made.key) return job.resolve({ kept: made, id: made.id }) as undefined
        await backOff(attempt, this.#engine)
      }
    } catch (error) {
      // After a failure of the store the pointer may be there: then the new record must stay.
      if ((error as SessionError).code !== 'STORE_FAILED') await this.end(made)
      throw error
    }
    await this.end(made)
    if (known?.pointer) await this.follow(job, known.pointer, known.key)
    else job.resolve({ dropped: 'ended' })
  }

  /** Takes a job that found its session moved to where it went, as far as it may go. */
  async follow(job: Job, pointer: Pointer, at: string): Promise<void> {
    const target = readable(await this.#records.read(pointer.key))
    if (!target) return job.resolve({ dropped: 'ended' })
    const person = target.record.owner
    const { move } = job.taken
    const signsIn = move?.kind === 'signIn' ? await ownerDigest(move.owner) : undefined
    if (job.kind === 'replace' && pointer.kind === 'signIn' && signsIn !== undefined && signsIn !== person) {
      throw new SessionError(
        'CONFLICT',
        'Two different people signed in from one session at the same time; this sign-in was not carried out.',
      )
    }
    // One successor: who wanted to move as the session already moved goes along, and is told the same new id. A guest is never
    // told the id of a session that was signed in, and a sign-in is not done by a renewal.
    const isDone = pointer.kind === 'signIn' ? signsIn === person : move?.kind === 'renew'
    if (job.kind === 'replace' && (isDone || pointer.kind === 'signIn')) {
      job.kind = 'update'
      job.id = isDone ? await this.#ids.open(pointer.sealed, at) : undefined
    } else if (job.id !== undefined) {
      job.id = pointer.kind === 'renew' || isDone ? await this.#ids.open(pointer.sealed, at) : undefined
    }
    this.#again(job, target)
  }

  #successor(body: Body, known: Known, { move }: Taken): [Body, Life] {
    const { policy, now } = this.#engine
    return [body, startsAnew(move) ? born(policyOf(body, policy), now()) : written(known.record, body, known.body, policy, now())]
  }

  /** Writes the new record once more; nobody else can know its key yet. */
  async #rewrite(made: Made, body: Body, { trace, changes }: Taken): Promise<Made> {
    const write = randomText(6)
    trace.tries.push({ write, changes })
    const next = withWrite(body, write)
    const written = (await this.#records.update(made, next, made.record)) ?? (await this.#records.read(made.key))
    if (written?.body.writes.includes(write)) return { ...written, id: made.id }
    throw new SessionError('STORE_FAILED', 'A record that nobody else knows was changed or lost in the store.')
  }
}
