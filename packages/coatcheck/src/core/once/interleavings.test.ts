import { expect, it } from 'vitest'
import { nothingBad } from '../../../test/helpers/explored.ts'
import { onceTrial } from '../../../test/trials/once.ts'

// A sample of 200 schedules each; `interleavings.slow.test.ts` has the others.
it.each(['OO', 'OOP', 'OOD', 'OOR', 'OOW'])('%s in any order, one process dying or one call done twice', async (letters) => {
  expect(await nothingBad(onceTrial({ letters }), { kill: true, double: true, seed: 7, maxRuns: 200 })).toBe(200)
})
