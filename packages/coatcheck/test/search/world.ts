import { AsyncLocalStorage } from 'node:async_hooks'
import { type Dice, diceOf } from './dice.ts'
import type { Visit } from './history.ts'

/** One process of the site, from its start until it dies. */
export interface Life {
  readonly instance: number
  alive: boolean
  /** How far its clock goes ahead. */
  readonly skew: number
}

/** In whose name something runs. */
export interface Tag {
  readonly life?: Life
  readonly visit?: Visit
}

interface Event {
  readonly at: number
  readonly order: number
  readonly tag: Tag
  readonly run: () => unknown
  cancelled: boolean
}

/** When all schedules begin. */
export const START = 4_000_000_000_000

/**
 * The time of one schedule, and all that waits for a moment of it. One thing happens at a time, and all that follows from it without
 * waiting has happened before the next: so a schedule always runs in one way. Nothing waits in real time.
 */
export class World {
  /** Since START, in milliseconds; what no clock of the site shows. */
  time = 0
  readonly dice: Dice
  /** What happened, for people. */
  readonly told: string[] = []
  readonly #tags = new AsyncLocalStorage<Tag>()
  #events: Event[] = []
  #orders = 0
  #stamps = 0
  readonly #meanwhile = new Set<Promise<unknown>>()

  constructor(seed: number) {
    this.dice = diceOf(seed, 7)
  }

  get tag(): Tag {
    return this.#tags.getStore() ?? {}
  }

  /** What a clock shows to whoever asks. */
  now = (): number => START + this.time + (this.tag.life?.skew ?? 0)

  /** Lets something happen in the name of `tag`, unless its process is dead by then. */
  later(ms: number, tag: Tag, run: () => unknown): Event {
    const event = { at: this.time + Math.max(0, Math.ceil(ms)), order: this.#orders++, tag, run, cancelled: false }
    let at = this.#events.length
    // Latest first, so that the next is taken from the end.
    while (at > 0 && (this.#events[at - 1] as Event).at <= event.at) at--
    this.#events.splice(at, 0, event)
    return event
  }

  /** The time, and a trace more each time: so that of two things in one millisecond it is known which came first. */
  stamp(): number {
    return this.time + ++this.#stamps / 1_000_000
  }

  tell(what: string): void {
    this.told.push(`${String(this.time).padStart(9)}  ${what}`)
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.later(ms, this.tag, resolve))
  }

  /** Work on a real disk, which takes no time here: nothing else happens until it is done. */
  async meanwhile<T>(work: Promise<T>): Promise<T> {
    this.#meanwhile.add(work)
    try {
      return await work
    } finally {
      this.#meanwhile.delete(work)
    }
  }

  within<T>(tag: Tag, run: () => T): T {
    return this.#tags.run(tag, run)
  }

  /** Until nothing waits any more. */
  async run(): Promise<void> {
    for (;;) {
      const event = this.#events.pop()
      if (!event) return
      if (event.cancelled || event.tag.life?.alive === false) continue
      this.time = event.at
      const done: unknown = this.within(event.tag, event.run)
      if (done instanceof Promise) await done
      await drained()
      while (this.#meanwhile.size > 0) {
        await Promise.allSettled(this.#meanwhile)
        await drained()
      }
    }
  }

  /** Timers, chance and the clock of this process are those of this world while `work` runs. */
  async instead<T>(work: () => Promise<T>): Promise<T> {
    const real = { setTimeout, clearTimeout, random: Math.random, now: Date.now, draw: crypto.getRandomValues }
    const timer = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
      const event = this.later(ms, this.tag, () => void run(...args))
      return { ref: () => event, unref: () => event, cancel: () => { event.cancelled = true } } // biome-ignore format: short
    }
    globalThis.setTimeout = timer as unknown as typeof setTimeout
    globalThis.clearTimeout = ((given: { cancel?: () => void } | undefined) => given?.cancel?.()) as typeof clearTimeout
    Math.random = () => this.dice.next()
    Date.now = this.now
    crypto.getRandomValues = ((into: Uint8Array) => {
      for (let at = 0; at < into.length; at++) into[at] = this.dice.next() * 256
      return into
    }) as typeof crypto.getRandomValues
    try {
      return await work()
    } finally {
      Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout })
      Math.random = real.random
      Date.now = real.now
      crypto.getRandomValues = real.draw
    }
  }
}

/** Resolves when every promise that could be settled has been. */
const drained = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
