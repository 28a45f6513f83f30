import { describe, expect, test } from 'vitest'
import { nothingBad } from '../../../test/helpers/explored.ts'
import { requests } from '../../../test/trials/values-only.ts'

// 2 of 4 pairs; `migration.test.ts` has the others.
describe('S5: in every order of steps, with a process killed and a call doubled at each', () => {
  test.each([
    ['W1', 'D2'],
    ['S1', 'D2'],
  ])('%s and %s', async (...names) => {
    expect(await nothingBad(requests(...names), { kill: true, double: true, maxPreemptions: 2 })).toBeGreaterThan(20)
  })
})
