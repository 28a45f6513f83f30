import { describe, expect, it } from 'vitest'
import { breaks, cases, catches, MUTANTS, none, open, others, verdict } from '../../test/trials/store-mutants.ts'

// 73 mutants of 82; `store-suite.test.ts` has the others.

describe('the store suite', () => {
  it.each(others)('catches a store in which %s', catches)

  it('has no case that no mutant fails', async () => {
    const bitten = new Set<string>()
    for (const name of Object.keys(MUTANTS)) for (const failed of (await verdict(name)).keys()) bitten.add(failed)
    expect([...cases({ open: open(none) }).keys()].filter((name) => !bitten.has(name))).toEqual(['offers what it should'])
  })
})

describe('the guarantees of a store', () => {
  it.each(others)('are broken by a store in which %s', breaks)
})
