import { type Capability, type Consistency, can } from '../stores/store.ts'
import { CASES } from './suite/cases.ts'
import { run, type StoreTrialOptions } from './suite/run.ts'
import { type Case, same, sure } from './suite/trial.ts'

export interface StoreSuiteOptions extends StoreTrialOptions {
  /** Registers one test: `it` or `test` of vitest, node:test, bun:test and others; for Deno, `(name, fn) => Deno.test(name, fn)`. */
  it(name: string, test: () => Promise<void>): unknown
  /** Methods that the store must offer. Further ones are tested too; this list keeps a method from getting lost unnoticed. */
  readonly expect?: readonly Capability[]
  /**
   * Which promises to test: those of this class. Default `strong`. `last-write-wins`: everything but writes at the same moment.
   * `eventual`: the same once `settle` is over, and before it only that what is read was written at some time.
   */
  readonly consistency?: Consistency
}

/**
 * Tests a store against everything the engine relies on, with any test runner: no sleeping, no mocks, no order among the tests.
 *
 * Errors say what was done, what came out and what should have. Cases for methods that the store does not have pass; name
 * them in `expect` when it should have them.
 */
export function storeSuite(options: StoreSuiteOptions): void {
  const { it, expect = [], consistency = 'strong' } = options
  const register = (name: string, test: Case['test'], more: Partial<Case> = {}): void =>
    void it(`store: ${name}`, async () => void (await run(options, { ...more, test })))
  register('offers what it should', async ({ store }) => {
    for (const capability of expect) sure(can(store, capability), `this store has no method ${capability}, and it should.`)
    same(store.consistency ?? 'strong', consistency, 'the consistency of this store is')
    const { maxBytes = 1 } = store
    sure(Number.isSafeInteger(maxBytes) && maxBytes > 0, `maxBytes is ${maxBytes}, not a number of bytes.`)
  })
  for (const one of CASES[consistency]) register(one.name, one.test, one)
}
