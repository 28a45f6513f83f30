import { SessionError } from '../../errors.ts'
import { type Changes, without } from './changes.ts'
import { find, type Writes } from './writes.ts'

export interface Try {
  readonly write: string
  /** Which write of its session it would be. */
  readonly number: number
  readonly changes: Changes
  /** What the store said of it: that it was not carried out, perhaps because an earlier sending was; or that it is kept, and in no record to be found again. */
  answer: 'refused' | 'kept' | undefined
}

/** A record at a key of its own, whether the store kept it or not. */
export interface Begun {
  readonly key: string
  readonly id: string
  readonly owner: string | undefined
}

/**
 * What one request tried to store since its last commit that went well, whatever became of it. A commit that is made again after a
 * failure recognises by it what was kept, so that nothing is stored twice.
 */
export class Attempts {
  /** Else `left` need not be asked. */
  hasTried = false
  /** One of them failed where the session went on under another id. Others may have the same error, who made that id. */
  haveMovedOn = false
  #tries: Try[] = []
  /** By key. */
  #begun: Map<string, Begun & { isTaken?: boolean }> | undefined

  /** The store's answer is to be noted in the try. */
  add(write: string, { count }: Writes, changes: Changes): Try {
    const sent: Try = { write, number: count + 1, changes, answer: undefined }
    this.hasTried = true
    this.#tries.push(sent)
    return sent
  }

  /** The store has answered the last try. */
  answered(answer: 'refused' | 'kept'): void {
    const last = this.#tries.at(-1)
    if (last) last.answer = answer
  }

  /** Whether somebody else wrote first, and it was not read since what. */
  get areOvertaken(): boolean {
    return this.#tries.some(({ answer }) => answer === 'refused')
  }

  /**
   * What of `changes` is not in a record with these writes. Throws `CONFLICT` where that cannot be told any
   * more: too many others have written since.
   */
  left(changes: Changes, writes: Writes): Changes {
    for (const { write, number, changes: done, answer } of this.#tries.toReversed()) {
      const found = answer === 'kept' ? answer : find(writes, write, number)
      if (found === 'unknown') throw lostSight()
      if (found === 'not kept') continue
      return without(changes, done)
    }
    return changes
  }

  /** Whether nobody has written after this request to a record with these writes. */
  areLastIn({ recent }: Writes): boolean {
    return this.#tries.some(({ write }) => recent.at(-1)?.id === write)
  }

  /** Forgets what was refused, as far as a record with these writes, read since, shows that it is not there. */
  settle(writes: Writes): void {
    this.#tries = this.#tries.filter(
      ({ answer, write, number }) => answer !== 'refused' || find(writes, write, number) !== 'not kept',
    )
  }

  began(record: Begun): void {
    this.#begun ??= new Map()
    this.#begun.set(record.key, record)
  }

  /** A record that this request began and nobody was told of, to be used again for the same owner, but not at the key `except`. */
  begun(owner: string | undefined, except: string | undefined): Begun | undefined {
    return [...(this.#begun?.values() ?? [])].findLast(
      ({ isTaken, ...record }) => !isTaken && record.owner === owner && record.key !== except,
    )
  }

  /** Whether the record at `key` may lead to one that this request began, although no answer said so. */
  mayLeadFrom(key: string): boolean {
    return [...(this.#begun?.keys() ?? [])].some((begun) => begun !== key)
  }

  /** It is not to be used again: somebody else has written there, or it is no record of this request. */
  changeSet(key: string): void {
    const record = this.#begun?.get(key)
    if (record) record.isTaken = true
  }

  /** The id of a record that this request began. */
  idOf(key: string): string | undefined {
    return this.#begun?.get(key)?.id
  }

  forget(key: string): void {
    this.#begun?.delete(key)
  }
}

function lostSight(): SessionError {
  const what =
    'The store did not say whether it kept an earlier try, and so many others have written since that it cannot be told.'
  return new SessionError('CONFLICT', what, { fix: 'Look at what is stored now before it is tried again.' })
}
