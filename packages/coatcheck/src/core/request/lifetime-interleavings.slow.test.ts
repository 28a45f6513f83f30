import { describe, expect, test } from 'vitest'
import { nothingBad } from '../../../test/helpers/explored.ts'
import { requests } from '../../../test/trials/lifetimes.ts'

// 19 of 21 pairs; `lifetime-interleavings.test.ts` has the others.
describe('in every order of steps, with a process killed and a call doubled at each', () => {
  test.each([
    ['W1', 'E2'],
    ['N1', 'W2'],
    ['L1', 'W2'],
    ['H1', 'W2'],
    ['L1', 'H2'],
    ['H1', 'H2'],
    ['L1', 'D2'],
    ['H1', 'D2'],
    ['L1', 'E2'],
    ['N1', 'D2'],
    ['N1', 'E2'],
    ['A1', 'W2'],
    ['A1', 'A2'],
    ['A1', 'R2'],
    ['A1', 'N2'],
  ])('%s and %s', async (...names) => {
    expect(await nothingBad(requests(...names), { kill: true, double: true, maxPreemptions: 3 })).toBeGreaterThan(20)
  })

  test.each([
    ['L1', 'L2'],
    ['L1', 'R2'],
    ['L1', 'N2'],
    ['N1', 'R2'],
  ])('%s and %s, which both want a new id', async (...names) => {
    expect(await nothingBad(requests(...names), { maxPreemptions: 3 })).toBeGreaterThan(10)
  })
})
