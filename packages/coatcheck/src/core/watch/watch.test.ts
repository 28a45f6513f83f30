import { expect, it } from 'vitest'
import { explored, nothingBad } from '../../../test/helpers/explored.ts'
import { watchTrial } from '../../../test/trials/watch.ts'

// A sample of 300 schedules each; `watch.slow.test.ts` has all of the short ones, and the deliberate faults.
it.each(['LD', 'LRD', 'LS', 'LCD', 'LCRD', 'LRW', 'LCS'])(
  'no end is missed, and none is told that was none: %s, in any order',
  async (letters) => {
    expect(await nothingBad(watchTrial({ letters }), { seed: 3, maxRuns: 300 })).toBe(300)
  },
)

it('a store that tells before it writes, or of deletes only, is found out', async () => {
  expect((await explored(watchTrial({ letters: 'LD', tellsFirst: true }), { seed: 1, maxRuns: 300 })).bad).not.toEqual([])
  expect((await explored(watchTrial({ letters: 'LS', tellsDeletesOnly: true }), { seed: 1, maxRuns: 300 })).bad).not.toEqual([])
})
