import type { Found } from '../stores/store.ts'
import type { Engine } from './engine.ts'
import { SKEW } from './expiry.ts'
import type { Records } from './records.ts'
import { callStore } from './store-call.ts'

/** What this process knows of others that write a session; times in milliseconds by its own clock. */
interface Known {
  /** Writes without a break, and when the last one was done. */
  row: number
  last: number
  /** Until when it is taken for granted that others wait. */
  until: number
  /** What a store call took at the slowest of them. */
  slowest: number
  /** What it took here, lately. */
  trip: number
  /** The version of this process's own claim, and when it was made. */
  mine?: { readonly version: string; readonly at: number }
  /** The claim of another, and when it was first seen. */
  other?: { readonly version: string; readonly at: number }
}

/** So many sessions are known, */
const MOST = 500
/** so long in milliseconds one is taken to be written by several after the last sign of it. */
const MEMORY = Number(process.env.MEMORY ?? 1000)
/** A commit that lost so often claims its turn. */
const LOSSES = Number(process.env.LOSSES ?? 3)
/** After so many writes in a row, with less than `BREAK` milliseconds between them, a process looks for the claims of others. */
const ROW = Number(process.env.ROW ?? 16)
const BREAK = 250
/** Milliseconds: no claim counts for a longer trip. */
const LONGEST_TRIP = 250
const POLITE = Number(process.env.POLITE ?? 1)
const WAIT = Number(process.env.WAIT ?? 2)

/**
 * Whose turn it is to write a session that several processes write all the time. A commit that lost several times leaves a claim beside
 * the session, and whoever finds it lets that process go first. A claim is a hint: compare-and-set decides as ever, and a claim whose
 * process is gone is removed by those who have waited for it.
 */
export class Turns {
  readonly #known = new Map<string, Known>()
  readonly #records: Records
  readonly #engine: Engine

  constructor(records: Records, engine: Engine) {
    this.#records = records
    this.#engine = engine
  }

  isContended(key: string): boolean {
    return this.#engine.now() < (this.#known.get(key)?.until ?? 0)
  }

  /** Reads with `read`; undefined: it is not this process's turn, and it has waited for a while. */
  async take<T>(key: string, attempt: number, since: number, read: () => Promise<T>): Promise<{ found: T } | undefined> {
    const { now } = this.#engine
    const claims = (attempt >= LOSSES && this.#know(key)) || (this.isContended(key) && this.#know(key))
    const known = this.#known.get(key)
    if (claims && known?.mine && now() - known.mine.at > patience(known.trip)) delete known.mine
    const begun = now()
    const [isMine, found] = await Promise.all([claims ? known?.mine ? true: this.#claim(key, claims) : true, read()])
    if (known) known.trip = Math.max(1, now() - begun)
    else if (attempt > 0) this.#know(key).trip = Math.max(1, now() - begun)
    if (isMine) return { found }
    await this.#wait(key, claims as Known, since)
    return undefined
  }

  /** The session was written here. Gives the turn to the next. */
  async wrote(key: string): Promise<void> {
    const known = this.#know(key)
    const { now } = this.#engine
    known.row = now() - known.last < BREAK ? known.row + 1 : 1
    known.last = now()
    const { mine } = known
    delete known.mine
    if (mine) {
      await this.#quietly('delete', () => this.#records.store.delete(claimKey(key), mine.version))
      if (this.isContended(key)) await this.#engine.sleep(this.#engine.random() * known.slowest * POLITE)
    }
  }

  /** Looks, while this process writes, whether others wait. */
  async look(key: string): Promise<void> {
    const known = this.#known.get(key)
    if (!known || known.row < ROW) return
    known.row = 0
    const found = await this.#read(key)
    if (found) this.#saw(known, found)
  }

  async #claim(key: string, known: Known): Promise<boolean> {
    const at = this.#engine.now()
    const record = { data: JSON.stringify({ trip: known.trip }), createdAt: at, endsAt: at + 2 * SKEW, expiresAt: at + 2 * SKEW }
    const version = await this.#quietly('create', () => this.#records.store.create(claimKey(key), record))
    if (version !== undefined) known.mine = { version, at: this.#engine.now() }
    return version !== undefined
  }

  async #wait(key: string, known: Known, since: number): Promise<void> {
    const { now, sleep, random, conflictTimeout } = this.#engine
    const found = await this.#read(key)
    if (!found) return
    const trip = this.#saw(known, found)
    if (known.other && now() - known.other.at > patience(trip)) {
      await this.#quietly('delete', () => this.#records.store.delete(claimKey(key), found.version))
      return
    }
    const age = Math.max(0, 1 - (now() - since) / (conflictTimeout / 4))
    await sleep(random() * WAIT * trip * age)
  }

  #saw(known: Known, { record, version }: Found): number {
    const now = this.#engine.now()
    const trip = tripOf(record.data)
    if (known.other?.version !== version) known.other = { version, at: now }
    known.slowest = now < known.until ? Math.max(known.slowest * 0.9, trip) : trip
    known.until = now + MEMORY
    return trip
  }

  #read(key: string): Promise<Found | undefined> {
    return this.#quietly('read', () => this.#records.store.read(claimKey(key)))
  }

  async #quietly<T>(what: string, run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await callStore(this.#engine, what, run)
    } catch {
      return undefined
    }
  }

  #know(key: string): Known {
    const known = this.#known.get(key) ?? { row: 0, last: 0, until: 0, slowest: 0, trip: 1 }
    this.#known.delete(key)
    this.#known.set(key, known)
    const [oldest] = this.#known.keys()
    if (oldest !== undefined && this.#known.size > MOST) this.#known.delete(oldest)
    return known
  }
}

const claimKey = (key: string) => `${key}-turn`

/** How long another is let go first at most. */
const patience = (trip: number) => 8 * trip + 100

function tripOf(data: string): number {
  try {
    const { trip } = JSON.parse(data) as { trip: unknown }
    return typeof trip === 'number' && trip > 0 ? Math.min(trip, LONGEST_TRIP) : 1
  } catch {
    return 1
  }
}
