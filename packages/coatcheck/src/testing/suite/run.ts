// One case on one store, from `open` to `close`.

import type { Store } from '../../stores/store.ts'
import { can } from '../../stores/store.ts'
import type { Scheduler, Step } from '../scheduler.ts'
import type { Case, Trial } from './trial.ts'

export interface StoreTools {
  /**
   * Milliseconds since the epoch: starts at the real time, is moved by the suite and never goes back. That of a second handle may
   * differ, as the clocks of two machines do. Give it to a store that asks for a clock.
   */
  now(): number
  /**
   * Lets the suite direct what happens inside a call, and so try every order: hand it each single operation on the backend,
   * `step('write', () => backend.write(…))`. All of them or none: between two steps nothing else may be waited for.
   */
  readonly step: Step
}

export interface StoreUnderTest {
  readonly store: Store
  /** Opens another handle on the same data, as a second process has it; then both are used by turns, and raced. */
  reopen?(tools: StoreTools): Store | Promise<Store>
  /** Waits until everything written so far can be read through every handle. Only stores of the class `eventual` may need it. */
  settle?(): void | Promise<void>
  /** Called at the end of each test, after `close` of the stores. */
  close?(): void | Promise<void>
}

export interface StoreTrialOptions {
  /** Opens a store without records, ready for use; called once for each test. */
  open(tools: StoreTools): StoreUnderTest | Promise<StoreUnderTest>
  /** How many sessions the case of many has: a slow backend may be asked for fewer. Default 10 000. */
  readonly records?: number
  /** How many bytes the longest `data` has, if the store does not declare a smaller `maxBytes`. Default: `maxBytes`, or 1 MiB. */
  readonly biggest?: number
  /** How long a key or an owner may be, in characters: less where the store puts something before it. Default 128. */
  readonly longestName?: number
  /** How long a notice of `watch` may take, in milliseconds: only a test that fails waits as long. Default 60 000. */
  readonly longestWait?: number
}

const MEBIBYTE = 1_048_576

/** `not offered`: the store was not asked, because it has no such method. */
export async function run(
  options: StoreTrialOptions,
  { needs, skew, test }: Pick<Case, 'needs' | 'skew' | 'test'>,
): Promise<'held' | 'not offered'> {
  const { open, records = 10_000, biggest, longestName = 128, longestWait = 60_000 } = options
  let time = Date.now()
  let scheduler: Scheduler | undefined
  let stepping = false
  const now = (): number => time
  const secondNow = (): number => time + (skew ?? 0)
  const tools = (handle: string, clock: () => number): StoreTools => ({
    now: clock,
    step: async (call, act) => {
      stepping = true
      return scheduler ? scheduler.step(handle, call, act) : act()
    },
  })
  const opened = await open(tools('store', now))
  const { store } = opened
  const second = (await opened.reopen?.(tools('second', secondNow))) ?? store
  const { maxBytes } = store
  const trial: Trial = {
    store,
    second,
    now,
    secondNow,
    advance: (milliseconds) => {
      time += milliseconds
    },
    stepping: () => stepping,
    steer: (directed) => {
      scheduler = directed
    },
    settle: async () => opened.settle?.(),
    records,
    longestName,
    longestWait,
    biggest: Math.min(biggest ?? maxBytes ?? MEBIBYTE, maxBytes ?? Number.POSITIVE_INFINITY),
  }
  try {
    if (needs && !(can(store, needs) && can(second, needs))) return 'not offered'
    await test(trial)
    return 'held'
  } finally {
    for (const handle of new Set([store, second])) await handle.close?.()
    await opened.close?.()
  }
}
