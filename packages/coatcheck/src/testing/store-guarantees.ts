import { CASES } from './suite/cases.ts'
import { GUARANTEES, type GuaranteeName } from './suite/guarantees.ts'
import { run, type StoreTrialOptions } from './suite/run.ts'

export interface StoreGuarantee {
  /** In words, such as `A version never comes twice`. */
  readonly guarantee: string
  /** `not offered`: the store lacks the method that it would take. */
  readonly outcome: 'held' | 'not offered' | 'broken'
  /** Steps and outcome of the first case that failed. */
  readonly why?: string
}

/**
 * Runs the whole suite for strong stores against any store, without a test runner, and tells which guarantees it gives.
 *
 * The store's own declaration is not asked: a store that is `last-write-wins` or `eventual` breaks some of them. Without `reopen` there is one
 * handle and one clock, and what concerns two of them counts as held. All guarantees, always in the same order; nothing is thrown for
 * a broken one, and a `TypeError` for options without which nothing can be tried.
 */
export async function storeGuarantees(options: StoreTrialOptions): Promise<readonly StoreGuarantee[]> {
  const { open, records = 1 } = options
  if (typeof open !== 'function') throw new TypeError('storeGuarantees needs `open`, a function that gives `{ store }`.')
  if (!Number.isSafeInteger(records) || records < 1)
    throw new TypeError(`\`records\` must be a whole number from 1, not ${records}.`)
  const found: StoreGuarantee[] = []
  for (const name of Object.keys(GUARANTEES) as GuaranteeName[]) found.push(await guaranteeOf(options, name))
  return found
}

async function guaranteeOf(options: StoreTrialOptions, name: GuaranteeName): Promise<StoreGuarantee> {
  const guarantee = GUARANTEES[name]
  let outcome: StoreGuarantee['outcome'] = 'not offered'
  for (const one of CASES.strong.filter((each) => each.guarantee === name)) {
    try {
      if ((await run(options, one)) === 'held') outcome = 'held'
    } catch (error) {
      return { guarantee, outcome: 'broken', why: `${one.name}: ${error instanceof Error ? error.message : error}` }
    }
  }
  return { guarantee, outcome }
}
