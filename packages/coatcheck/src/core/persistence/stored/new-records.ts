import type { Maybe } from '../../../crypto/maybe.ts'
import { randomText } from '../../../crypto/random.ts'
import { SessionError } from '../../../errors.ts'
import type { ChangeSet, Circumstances, Engine } from '../../engine.ts'
import type { Contents } from '../../model/contents.ts'
import type { Lifetime } from '../../model/lifetime.ts'
import { actorOf } from '../../model/standing.ts'
import type { Admission } from '../../owners/admission.ts'
import { readable } from './pending-commit.ts'
import type { Records, VersionedRecord } from './records.ts'

/** Makes ids, and seals them for forwarding records, so that a stolen store opens nothing. */
export interface Ids {
  make(): Maybe<{ readonly id: string; readonly key: string }>
  /** undefined without secrets. */
  seal(id: string, key: string): Promise<string | undefined>
  open(sealed: string | undefined, key: string): Promise<string | undefined>
}

/** A record that was begun, and the id that opens it. */
export type Made = VersionedRecord & { readonly id: string }

/** Makes records of new ids, whose tickets nobody has yet. */
export class NewRecords {
  readonly #records: Records
  readonly #engine: Engine
  readonly #ids: Ids
  readonly #admission: Admission | undefined

  constructor(records: Records, engine: Engine, ids: Ids, admission: Admission | undefined) {
    this.#records = records
    this.#engine = engine
    this.#ids = ids
    this.#admission = admission
  }

  /** Makes a new record. `from`: the record that it replaces. Throws, and leaves nothing, if this person may not sign in. */
  async begin(
    contents: Contents,
    lifetime: Lifetime,
    changeSet: ChangeSet,
    request: Circumstances,
    from?: VersionedRecord,
  ): Promise<Made> {
    const { move } = changeSet
    const make = (contents: Contents) => this.#create(contents, lifetime, changeSet, from?.key)
    if (move?.kind !== 'signIn' || !this.#admission) return make(contents)
    const discard = (made: Made) => this.discard(made, changeSet)
    return this.#admission.admit(contents, move, request, from, { make, discard })
  }

  /** Uses a fresh key, or that of an earlier try of this request. */
  async #create(contents: Contents, lifetime: Lifetime, changeSet: ChangeSet, from?: string): Promise<Made> {
    const { attempts } = changeSet
    for (let attempt = 0; attempt < 3; attempt++) {
      const owner = actorOf(contents)
      const { id, key } = attempts.begun(owner, from) ?? (await this.#ids.make())
      attempts.began({ key, id, owner })
      const made = await this.#records.create(key, this.#signed(contents, changeSet), lifetime, from)
      if (made) return { ...made, id }
      const there = await this.#records.read(key)
      if (there && !there.forwarding && attempts.areLastIn(there.contents.writes)) {
        const rewritten = await this.rewrite({ ...there, id }, contents, changeSet)
        if (rewritten) return rewritten
      }
      attempts.changeSet(key)
    }
    throw new SessionError('STORE_FAILED', 'The store said of three random ids in a row that they are taken.')
  }

  /** Writes the new record once more, whose ticket nobody has yet. undefined: it was ended. */
  async rewrite(made: Made, contents: Contents, changeSet: ChangeSet): Promise<Made | undefined> {
    const next = this.#signed(contents, changeSet)
    const id = next.writes.recent.at(-1)?.id
    const afterWrite = (await this.#records.update(made, next, made.record)) ?? readable(await this.#records.read(made.key))
    if (!afterWrite) return undefined
    if (afterWrite.contents.writes.recent.some((write) => write.id === id)) return { ...afterWrite, id: made.id }
    throw new SessionError('STORE_FAILED', 'A record that nobody else knows was changed in the store.')
  }

  /** Removes a record that nothing leads to. If that fails the record stays: nobody knows its id. */
  async discard(made: Made, { attempts }: ChangeSet): Promise<void> {
    attempts.forget(made.key)
    try {
      await this.#records.end((await this.#records.read(made.key)) ?? made)
    } catch {}
  }

  #signed(contents: Contents, { attempts, changes }: ChangeSet): Contents {
    const write = randomText(6)
    attempts.add(write, contents.writes, changes)
    return this.#records.signed(contents, { id: write, at: this.#engine.now() })
  }
}
