import { describe, expect, test } from 'vitest'
import { nothingBad } from '../../../test/helpers/explored.ts'
import { requests } from '../../../test/trials/lifetimes.ts'

// 2 of 21 pairs; `lifetime-interleavings.slow.test.ts` has the others.
describe('in every order of steps, with a process killed and a call doubled at each', () => {
  test.each([['A1', 'D2']])('%s and %s', async (...names) => {
    expect(await nothingBad(requests(...names), { kill: true, double: true, maxPreemptions: 3 })).toBeGreaterThan(20)
  })

  test.each([['N1', 'N2']])('%s and %s, which both want a new id', async (...names) => {
    expect(await nothingBad(requests(...names), { maxPreemptions: 3 })).toBeGreaterThan(10)
  })
})
