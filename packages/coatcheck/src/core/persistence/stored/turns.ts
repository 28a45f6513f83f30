import type { Maybe } from '../../../crypto/maybe.ts'
import { Recent } from '../../../recent.ts'
import type { Found } from '../../../stores/store.ts'
import type { Engine } from '../../engine.ts'
import { SKEW } from '../../model/lifetime.ts'
import { askStore, checkedRecord } from './record-access.ts'
import type { Records, VersionedRecord } from './records.ts'

/** What this process knows of a session that it writes; times in milliseconds by its own clock. */
interface Known {
  /** What a store call took here. */
  trip: number
  /** Until when it is taken for granted that others wait; this process lets them go first until `rests`. */
  until: number
  rests: number
  /** What a store call takes at the slowest of the others. */
  slowest: number
  /** Version of the claim of this process, or of another, and when it was first seen. */
  mine?: Seen
  other?: Seen
}
type Seen = { readonly version: string; readonly at: number }

/** A commit that lost so often claims its turn. */
const LOSSES = 3
/** Milliseconds after the last sign of others. */
const MEMORY = 1000
/** Milliseconds; a process whose store is farther away may lose its turn. */
const LONGEST_TRIP = 250
/** A store that takes no claim and shows none is not asked for ever. */
const MOST_ROUNDS = 100
/** So many sessions are known, and twice as many at most. */
const MOST = 500

/**
 * Orders the writes of processes that change one session all the time. A commit that lost several times leaves a claim beside the session,
 * and other processes let that one go first. A claim is a hint: compare-and-set still decides. The processes that waited remove the claim
 * of one that died.
 */
export class Turns {
  readonly #known = new Recent<Known>(MOST)
  /** Whether this process ever waited, or saw others wait: as long as it did not, `isContended` and `done` need not be called. */
  hasWaited = false
  readonly #records: Records
  readonly #engine: Engine

  constructor(records: Records, engine: Engine) {
    this.#records = records
    this.#engine = engine
  }

  /** Whether others wait: nobody writes then before `read`, not even what follows on the own write. */
  isContended(key: string): boolean {
    const { until = 0 } = this.#known.get(key) ?? {}
    return until > 0 && this.#engine.now() < until
  }

  /**
   * What is at `key`, read when it is this process's turn; at the latest when a commit that began at `since` has no time left. `seen` is
   * told what was there before.
   */
  async read(
    key: string,
    attempt: number,
    since: number,
    seen: (found: VersionedRecord | undefined) => void = () => {},
  ): Promise<VersionedRecord | undefined> {
    const { now, sleep, conflictTimeout } = this.#engine
    if (attempt < LOSSES && !this.isContended(key)) return this.#records.read(key)
    const known = this.#know(key)
    if (known.rests > now()) await sleep(known.rests - now())
    for (let round = 0; ; round++) {
      const began = now()
      const [isMine, found] = await Promise.all([this.#claim(key, known), this.#records.read(key)])
      known.trip = now() - began
      if (isMine || round === MOST_ROUNDS || now() - since > conflictTimeout) return found
      seen(found)
      await this.#letGoFirst(key, known, since)
    }
  }

  /** Looks whether others wait, while this process goes on. */
  look(key: string): void {
    void this.#find(key).then((found) => found && this.#saw(this.#know(key), found))
  }

  /** This process has written the session, or ended it. */
  done(key: string): Maybe<void> {
    const { now, random } = this.#engine
    const known = this.#known.get(key)
    if (!known?.mine) return undefined
    const { mine } = known
    delete known.mine
    known.rests = now() + random() * known.slowest
    return this.#try(() => askStore(this.#engine, this.#records.store, 'delete', claimOf(key), mine.version)).then(() => {})
  }

  async #claim(key: string, known: Known): Promise<boolean> {
    const at = this.#engine.now()
    // Others have not waited for longer.
    if (known.mine && at - known.mine.at < patience(known.trip)) return true
    const expiresAt = at + 2 * SKEW
    const record = { data: JSON.stringify({ trip: known.trip }), createdAt: at, endsAt: expiresAt, expiresAt }
    const version = await this.#try(() => askStore(this.#engine, this.#records.store, 'create', claimOf(key), record, key))
    this.hasWaited = true
    if (version !== undefined) known.mine = { version, at }
    return version !== undefined
  }

  /** Waits for a part of the turn of the process with the claim: the shorter, the longer this one has waited. */
  async #letGoFirst(key: string, known: Known, since: number): Promise<void> {
    const { now, sleep, random } = this.#engine
    const found = await this.#find(key)
    if (!found) return sleep(random() * 20) // done meanwhile, or a store that shows none
    const { trip, at } = this.#saw(known, found)
    if (now() - at > patience(trip))
      await this.#try(() => askStore(this.#engine, this.#records.store, 'delete', claimOf(key), found.version))
    else await sleep(random() * 3 * trip * Math.max(0.25, 1 - (now() - since) / MEMORY))
  }

  #saw(known: Known, { record, version }: Found): { readonly trip: number; readonly at: number } {
    const now = this.#engine.now()
    const trip = tripIn(record.data)
    if (known.other?.version !== version) known.other = { version, at: now }
    known.slowest = now < known.until ? Math.max(known.slowest * 0.9, trip) : trip
    known.until = now + MEMORY
    this.hasWaited = true
    return { trip, at: known.other.at }
  }

  async #find(key: string): Promise<Found | undefined> {
    const found = await this.#try(() => askStore(this.#engine, this.#records.store, 'read', claimOf(key)))
    return found && checkedRecord(found)
  }

  /** Without an answer the session is written as if there were no claims. */
  async #try<T>(run: () => Maybe<T>): Promise<T | undefined> {
    try {
      return await run()
    } catch {
      return undefined
    }
  }

  #know(key: string): Known {
    const known = this.#known.get(key) ?? { trip: 0, until: 0, rests: 0, slowest: 0 }
    this.#known.set(key, known)
    return known
  }
}

/** The key of the claim beside a session. */
const claimOf = (key: string) => `${key}-turn`

/** Milliseconds that others wait for a process whose calls take `trip`. */
const patience = (trip: number) => 8 * trip + 100

function tripIn(data: string): number {
  try {
    const { trip } = JSON.parse(data) as { readonly trip?: unknown }
    return typeof trip === 'number' && trip > 0 ? Math.min(trip, LONGEST_TRIP) : 1
  } catch {
    return 1
  }
}
