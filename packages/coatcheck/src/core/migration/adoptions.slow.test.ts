import { describe, expect, test } from 'vitest'
import { nothingBad } from '../../../test/helpers/explored.ts'
import { requests } from '../../../test/trials/adoptions.ts'

// 10 of 11 groups of visitors; `adoptions.test.ts` has the other.
describe('in every order of steps, with a process killed and a call doubled at each', () => {
  test.each([
    ['W1', 'W2'],
    ['W1', 'D2'],
    ['R1', 'W2'],
    ['R1', 'D2'],
    ['S1', 'D2'],
    ['S1', 'S2'],
    ['N1', 'D2'],
  ])('%s and %s', async (...names) => {
    const isLong = /^[RSN]/.test(String(names[0]))
    const bounds = { kill: true, double: true, maxPreemptions: isLong ? 1 : 2 }
    expect(await nothingBad(requests(...names), bounds)).toBeGreaterThan(50)
  })

  test.each([
    ['W1', 'W2', 'W3'],
    ['W1', 'W2', 'D3'],
    ['W1', 'S2', 'D3'],
  ])('%s, %s and %s', async (...names) => {
    expect(await nothingBad(requests(...names), { maxPreemptions: 2 })).toBeGreaterThan(100)
  })
})
