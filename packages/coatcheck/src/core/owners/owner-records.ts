import { SessionError } from '../../errors.ts'
import type { Engine } from '../engine.ts'
import type { Adoptions } from '../migration/adoptions.ts'
import type { SessionEvent } from '../model/events.ts'
import type { Ends } from '../persistence/stored/ends.ts'
import type { Records, VersionedRecord } from '../persistence/stored/records.ts'
import { isLive, lineageOf } from './lineage.ts'

type EndReason = Extract<SessionEvent, { readonly type: 'ended' }>['reason']

/** So many records are asked for at once. */
const AT_ONCE = 16
/** After so many others have their turn. */
const PAUSE = 200
/** After so many failures one after the other the store is down. */
const DOWN = 5
/** More new ids than a session is given while its old ones are still about. */
const LONGEST_CHAIN = 100

/** The records of one owner, or of all: found by their keys, without a ticket. */
export class OwnerRecords {
  readonly #records: Records
  readonly #engine: Engine
  readonly #ends: Pick<Ends, 'end'>
  readonly #adoptions: Pick<Adoptions, 'end'>

  constructor(records: Records, engine: Engine, ends: Pick<Ends, 'end'>, adoptions: Pick<Adoptions, 'end'>) {
    this.#records = records
    this.#engine = engine
    this.#ends = ends
    this.#adoptions = adoptions
  }

  /** See `Records.keysOf`. */
  keys(owner: string): Promise<readonly string[]> {
    return this.#records.keysOf(owner)
  }

  /**
   * Reads what is at these of an owner's keys. Where a session was given a new id since the keys were listed it is followed, so that none is
   * missed. Throws what failed first.
   */
  async each(keys: readonly string[], all: readonly string[], visit: (found: VersionedRecord) => void): Promise<void> {
    let known: ReadonlySet<string> | undefined
    const isListed = (key: string): boolean => {
      known ??= new Set(all)
      return known.has(key)
    }
    const failed = await inTurns(this.#engine, keys, async (key) => {
      const found = await this.find(key, isListed)
      if (found) visit(found)
    })
    if (failed) throw failed.error
  }

  /** What is at `key`, or where it went, unless that `isListed` and is found by itself. */
  async find(key: string, isListed: (key: string) => boolean = () => false): Promise<VersionedRecord | undefined> {
    let found = await this.#records.read(key)
    for (let hop = 0; found?.forwarding && hop < LONGEST_CHAIN; hop++) {
      if (found.forwarding.key === found.key || isListed(found.forwarding.key)) return undefined
      found = await this.#records.read(found.forwarding.key)
    }
    return found?.forwarding ? undefined : found
  }

  /**
   * Ends what is at `key`, wherever it went; its lineage, if it was a session that this call ended. `may`: not asked about what cannot be read.
   */
  async end(
    key: string,
    reason: EndReason,
    may: (found: VersionedRecord) => boolean = () => true,
  ): Promise<{ readonly lineage: string; readonly isReadable: boolean } | undefined> {
    for (let attempt = 0; attempt < LONGEST_CHAIN; attempt++) {
      const found = await this.find(key)
      if (!found || !may(found)) return undefined
      if (found.contents.from !== undefined) await this.#adoptions.end(found.contents.from)
      const isEnded = await (found.fault ? this.#endUnread(found) : this.#endRead(found))
      if (isEnded === 'again') continue
      // What is over by this clock may go on by another: it is ended as well, and does not count.
      if (!isEnded || !isLive(found, this.#engine)) return undefined
      this.#engine.emit({ type: 'ended', reason, handle: found.key }, found.contents)
      return { lineage: lineageOf(found), isReadable: !found.fault }
    }
    throw new SessionError('CONFLICT', 'The session could not be ended: it was written to all the time.')
  }

  #endRead(found: VersionedRecord): Promise<boolean> {
    return this.#ends.end({ request: { arrivedAt: this.#engine.now(), mayResend: false } }, found)
  }

  /** Made with a secret, or by a release, that this process does not have; elsewhere it may be a session. */
  async #endUnread(found: VersionedRecord): Promise<true | 'again'> {
    if (found.version === '') throw found.error ?? new SessionError('DAMAGED_RECORD', `The record ${found.key} cannot be read.`)
    return (await this.#records.end(found)) || 'again'
  }
}

/** Runs `act` for each, several at once, and stops when the store seems to be down. What was not carried out, and the first failure. */
export async function inTurns(
  { sleep }: Pick<Engine, 'sleep'>,
  keys: readonly string[],
  act: (key: string) => Promise<void>,
): Promise<{ readonly error: unknown; readonly left: string[] } | undefined> {
  const left: string[] = []
  let [next, row] = [0, 0]
  let first: { readonly error: unknown } | undefined
  const work = async (): Promise<void> => {
    while (row < DOWN && next < keys.length) {
      // A store that answers at once would let nobody else come to anything.
      if (next % PAUSE === PAUSE - 1) await sleep(0)
      const key = keys[next++]
      if (key === undefined) return
      try {
        await act(key)
        row = 0
      } catch (error) {
        if ((error as SessionError).code === 'STORE_FAILED') row++
        first ??= { error }
        left.push(key)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, keys.length) }, work))
  return first && { ...first, left: [...left, ...keys.slice(next)] }
}
