import { digest } from '../../crypto/digest.ts'
import { SessionError } from '../../errors.ts'
import type { SessionRecord, Store, Version } from '../../stores/store.ts'
import type { Engine } from '../engine.ts'
import { SKEW } from '../model/lifetime.ts'
import { askStore, checkedRecord } from '../persistence/stored/record-access.ts'

interface Kept {
  readonly epoch: number
  readonly record: SessionRecord
  readonly version: Version
}

/**
 * Numbers that say whether everything of one owner was ended, or everything of all: each such end raises one before it looks for sessions. Who
 * signs in reads it before the credentials are checked and again once the new record is in place. It is compared for order only, never with
 * a session's times: clocks differ. An older release never asks for these records, and lists no owner of them.
 */
export class Epochs {
  readonly #store: Store
  readonly #engine: Engine
  readonly #lasts: number

  /** `lasts`: milliseconds after which nobody needs an epoch any more. Default: what requests take that are under way. */
  constructor(store: Store, engine: Engine, lasts: number = whileUnderWay(engine)) {
    this.#store = store
    this.#engine = engine
    this.#lasts = lasts
  }

  /** `owner`: the digest; undefined: the epoch of everything. 0: nothing was ended for so long that nobody needs to know. */
  async read(owner: string | undefined): Promise<number> {
    return (await this.#find(await this.#keyOf(owner)))?.epoch ?? 0
  }

  /** Raises it, to `least` at least, and returns the new one. Who meets another that raises it at the same time leaves it at that. */
  async raise(owner: string | undefined, least = 0): Promise<number> {
    const key = await this.#keyOf(owner)
    const first = await this.#find(key)
    let found = first
    for (let attempt = 0; attempt < 10; attempt++) {
      const at = this.#engine.now()
      const epoch = Math.max((found?.epoch ?? first?.epoch ?? 0) + 1, at, least)
      const until = at + this.#lasts
      const record = {
        data: JSON.stringify({ epoch }),
        createdAt: found?.record.createdAt ?? at,
        endsAt: found?.record.endsAt ?? until,
        expiresAt: Math.max(until, found?.record.expiresAt ?? 0),
        keepUntil: until,
      }
      const written = found
        ? askStore(this.#engine, this.#store, 'update', key, record, found.version)
        : askStore(this.#engine, this.#store, 'create', key, record)
      if ((await written) !== undefined) return epoch
      found = await this.#find(key)
      if (found && found.epoch > (first?.epoch ?? 0) && found.epoch >= least) return found.epoch
    }
    throw new SessionError('CONFLICT', 'That sessions are to end could not be written down: it was written to all the time.')
  }

  async #find(key: string): Promise<Kept | undefined> {
    const found = await askStore(this.#engine, this.#store, 'read', key)
    if (!found) return undefined
    const checked = checkedRecord(found)
    const epoch = checked && epochIn(checked.record.data)
    if (epoch !== undefined) return { epoch, ...checked } as Kept
    throw new SessionError('STORE_FAILED', `The record ${key}, which says since when sessions are ended, cannot be read.`, {
      fix: 'It was damaged in the store. Remove it, then end the sessions again.',
    })
  }

  async #keyOf(owner: string | undefined): Promise<string> {
    // As long as a session's, so that it fits where that fits, and told from it by its beginning.
    return `epoch-${(await digest(`epoch ${this.#engine.binding}`, owner ?? '')).slice(6)}`
  }
}

/** Milliseconds in which a request may sign somebody in that arrived before an end: also where clocks differ, and calls take their time. */
function whileUnderWay({ maxRequestTime, storeTimeout }: Engine): number {
  return maxRequestTime + 4 * SKEW + 4 * Math.min(storeTimeout, 600_000)
}

function epochIn(data: string): number | undefined {
  try {
    const { epoch } = JSON.parse(data) as { readonly epoch?: unknown }
    return Number.isSafeInteger(epoch) && (epoch as number) >= 0 ? (epoch as number) : undefined
  } catch {
    return undefined
  }
}
