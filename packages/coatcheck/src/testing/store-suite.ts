import { type Capability, type Consistency, can, type Store } from '../stores/store.ts'
import type { Scheduler, Step } from './scheduler.ts'
import { basics } from './suite-basics.ts'
import { fidelity } from './suite-data.ts'
import { herds } from './suite-herds.ts'
import { listings } from './suite-index.ts'
import { indexRaces } from './suite-index-races.ts'
import { races } from './suite-races.ts'
import { times } from './suite-time.ts'
import { type Case, same, sure, type Trial } from './suite-trial.ts'

export interface StoreTools {
  /** Milliseconds since the epoch: starts at the real time, is moved by the suite and never goes back. Give it to a store that asks for a clock. */
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
  /** Called at the end of each test, after `close` of the stores. */
  close?(): void | Promise<void>
}

export interface StoreSuiteOptions {
  /** Registers one test: `it` or `test` of vitest, node:test, bun:test and others; for Deno, `(name, fn) => Deno.test(name, fn)`. */
  it(name: string, test: () => Promise<void>): unknown
  /** Opens a store without records, ready for use; called once for each test. */
  open(tools: StoreTools): StoreUnderTest | Promise<StoreUnderTest>
  /** What the store must offer. Anything it offers beyond this is tested too; this keeps it from losing a method unnoticed. */
  readonly expect?: readonly Capability[]
  /** Which promises to test: those of this class. Default `strong`, and so far there are cases for that one only. */
  readonly consistency?: Consistency
}

const CASES: Readonly<Partial<Record<Consistency, readonly Case[]>>> = {
  strong: [...basics, ...fidelity, ...times, ...listings, ...herds, ...races, ...indexRaces],
}

/**
 * Tests a store against everything the engine relies on, with any test runner: no sleeping, no mocks, no order among the tests.
 *
 * Errors say what was done, what came out and what should have. Cases for methods that the store does not have pass; name
 * them in `expect` when it should have them. Throws when there are no cases for this `consistency`.
 */
export function storeSuite(options: StoreSuiteOptions): void {
  const { it, expect = [], consistency = 'strong' } = options
  const cases = CASES[consistency]
  if (!cases) throw new Error(`storeSuite has no cases yet for stores of the consistency ${consistency}.`)
  it('store: offers what it should', () =>
    withTrial(options, async ({ store }) => {
      for (const capability of expect) sure(can(store, capability), `this store has no method ${capability}, and it should.`)
      same(store.consistency ?? 'strong', consistency, 'the consistency of this store is')
      const { maxBytes = 1 } = store
      sure(Number.isSafeInteger(maxBytes) && maxBytes > 0, `maxBytes is ${maxBytes}, not a number of bytes.`)
    }))
  for (const { name, test } of cases) it(`store: ${name}`, () => withTrial(options, test))
}

async function withTrial({ open }: StoreSuiteOptions, test: (trial: Trial) => Promise<void>): Promise<void> {
  let time = Date.now()
  let scheduler: Scheduler | undefined
  let stepping = false
  const now = (): number => time
  const tools = (handle: string): StoreTools => ({
    now,
    step: async (call, act) => {
      stepping = true
      return scheduler ? scheduler.step(handle, call, act) : act()
    },
  })
  const opened = await open(tools('store'))
  const { store } = opened
  const second = (await opened.reopen?.(tools('second'))) ?? store
  try {
    await test({
      store,
      second,
      now,
      advance: (milliseconds) => {
        time += milliseconds
      },
      stepping: () => stepping,
      steer: (directed) => {
        scheduler = directed
      },
    })
  } finally {
    for (const handle of new Set([store, second])) await handle.close?.()
    await opened.close?.()
  }
}
