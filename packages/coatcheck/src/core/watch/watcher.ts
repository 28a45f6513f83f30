import type { Maybe } from '../../crypto/maybe.ts'
import type { SessionError } from '../../errors.ts'
import type { Store } from '../../stores/store.ts'
import { callStore } from '../persistence/store-call.ts'
import { Channel } from './channel.ts'
import { standingOf } from './standing.ts'
import type { VersionedRecord, Watchable, Watching } from './watchable.ts'

/** Milliseconds between two rounds: pings of the channel, sessions whose time may be over, and reads that failed. */
export const TICK = 500
/** Everything is read again so many milliseconds after the last time, also while the channel works: not every end is told of. */
export const SWEEP = 30_000
/** Milliseconds after which a channel that could not be opened is tried again. */
const RETRY = 5000
/** Reading everything at each round takes at most one part in so many of the time. */
const SHARE = 10
/** Keys that one `readMany` asks for, and reads that are under way at once. */
const PAGE = 500
const AT_ONCE = 50

/** A session that somebody watches. */
export interface Watched {
  readonly live: Watchable
  /** Of its record: another one after a new id. */
  key: string
  /** When it ends by time, in milliseconds since the epoch. */
  until: number
  end(): void
}

/**
 * Notices the ends of all sessions of one store that this process watches. First it listens, then it reads: what ended before is read, and
 * what ends later is told. After an interruption it does both again. A store that tells nothing is read at each round.
 */
export class Watcher {
  readonly #store: Store
  readonly #engine: Watching
  readonly #watched = new Map<string, Set<Watched>>()
  /** To be read in the next round. */
  readonly #due = new Set<string>()
  /** What is being read, and whether it has to be read once more: what comes may be older than what was told meanwhile. */
  readonly #reading = new Map<string, boolean>()
  #isRunning = false
  /** Everything that is not told is to be found by reading. */
  #hears = false
  #wake: () => void = () => {}
  #isTold = false

  constructor(store: Store, engine: Watching) {
    this.#store = store
    this.#engine = engine
  }

  add(one: Watched): void {
    this.#put(one)
    if (!this.#isRunning) void this.#run()
    else if (this.#hears) void this.#read([one.key])
  }

  remove(one: Watched): void {
    const all = this.#watched.get(one.key)
    if (all?.delete(one) && all.size === 0) this.#watched.delete(one.key)
  }

  #put(one: Watched): void {
    const all = this.#watched.get(one.key) ?? new Set()
    this.#watched.set(one.key, all.add(one))
  }

  async #run(): Promise<void> {
    const { now, nap = restful } = this.#engine
    this.#isRunning = true
    let channel: Channel | undefined
    let [triedAt, readAt, losses] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
    while (this.#watched.size > 0) {
      if (!channel && now() - triedAt >= RETRY) {
        triedAt = now()
        channel = await this.#open()
        // A store that shows old records is asked until it shows the end.
        this.#hears = channel?.isLost === false && this.#store.consistency !== 'eventual'
        readAt = Number.NEGATIVE_INFINITY
      }
      const began = now()
      const isAll = !this.#hears || began - readAt >= SWEEP
      if (isAll) readAt = began
      await this.#read(isAll ? this.#watched.keys() : this.#overdue(began))
      const woken = new Promise<void>((wake) => {
        this.#wake = wake
      })
      if (!channel?.isLost) await Promise.race([nap(this.#hears ? TICK : Math.max(TICK, SHARE * (now() - began))), woken])
      if (!channel || (await channel.answers())) continue
      this.#hears = false
      channel.close()
      channel = undefined
      losses = now() - triedAt < RETRY ? losses + 1 : 0
      if (losses < 5) triedAt = Number.NEGATIVE_INFINITY // else each is lost as soon as it is there
    }
    this.#isRunning = false
    this.#hears = false
    channel?.close()
  }

  async #open(): Promise<Channel | undefined> {
    if (!this.#store.watch) return undefined
    const channel = new Channel(this.#engine)
    try {
      await channel.open(this.#store, {
        told: (key) => {
          if (this.#watched.has(key)) void this.#read([key])
        },
        lost: () => {
          this.#hears = false
          this.#wake()
        },
      })
      this.#isTold = false
      return channel
    } catch (error) {
      if (!this.#isTold) this.#engine.emit({ type: 'late-failed', error: error as SessionError })
      this.#isTold = true
      return undefined
    }
  }

  /** What could not be read, and what may be over by now. */
  #overdue(now: number): ReadonlySet<string> {
    const keys = new Set(this.#due)
    this.#due.clear()
    for (const [key, all] of this.#watched) for (const { until } of all) if (until <= now) keys.add(key)
    return keys
  }

  async #read(keys: Iterable<string>): Promise<void> {
    const fresh: string[] = []
    for (const key of keys) {
      if (!this.#reading.has(key)) fresh.push(key)
      this.#reading.set(key, this.#reading.has(key))
    }
    const size = this.#store.readMany ? PAGE : AT_ONCE
    for (let at = 0; at < fresh.length; at += size) {
      const page = fresh.slice(at, at + size)
      const areRead = await this.#readPage(page)
      if (areRead) continue
      // A store that is down is not asked for each of them: the next round tries again.
      for (const key of fresh.slice(at)) {
        this.#reading.delete(key)
        if (this.#watched.has(key)) this.#due.add(key)
      }
      return
    }
  }

  /** False: the store did not answer for all. */
  async #readPage(keys: readonly string[]): Promise<boolean> {
    const { readMany } = this.#store
    const [first] = this.#watched.get(keys[0] ?? '') ?? []
    if (keys.length > 1 && readMany && first?.live.given) {
      try {
        const all = await callStore(this.#engine, 'read many', () => readMany.call(this.#store, keys))
        await Promise.all(keys.map((key, at) => this.#seen(key, (live) => (live.given ?? live.read)(key, all[at]))))
        return true
      } catch {
        // One of them may be damaged: each by itself.
      }
    }
    const seen = keys.map((key) => this.#seen(key, (live) => live.read(key)))
    return (await Promise.allSettled(seen)).every(({ status }) => status === 'fulfilled')
  }

  /** Reads what is at `key`, and passes it on to all who watch it. */
  async #seen(key: string, read: (live: Watchable) => Maybe<VersionedRecord | undefined>): Promise<void> {
    const [first] = this.#watched.get(key) ?? []
    if (first) this.#judge(key, await read(first.live))
    const isOld = this.#reading.get(key)
    this.#reading.delete(key)
    if (isOld && this.#watched.has(key)) void this.#read([key])
  }

  #judge(key: string, found: VersionedRecord | undefined): void {
    for (const one of [...(this.#watched.get(key) ?? [])]) {
      const standing = standingOf(found, one.live.engine)
      if (standing === 'over') {
        this.remove(one)
        one.end()
      } else if ('next' in standing) {
        this.remove(one)
        one.key = standing.next
        this.#put(one)
        void this.#read([one.key])
      } else one.until = standing.until
    }
  }
}

/** Waits without keeping a process alive that has nothing else to do. */
const restful = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer: unknown = setTimeout(resolve, ms)
    if (typeof timer === 'object' && timer && 'unref' in timer && typeof timer.unref === 'function') timer.unref()
  })
