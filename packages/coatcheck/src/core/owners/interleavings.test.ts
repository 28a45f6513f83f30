import { describe, expect, it } from 'vitest'
import { nothingBad } from '../../../test/helpers/explored.ts'
import { owners } from '../../../test/trials/owners.ts'

// 8 of 15 pairs, and few of them made to wait; `interleavings.slow.test.ts` has the rest.
describe('nothing outlives an end of all, and nothing of hers is ended but by whom it was asked', () => {
  for (const letters of ['SE', 'NE', 'RE', 'WE', 'SX', 'RX', 'HR', 'HU']) {
    it(letters, async () => {
      await nothingBad(owners({ letters }), { maxPreemptions: 1 })
    })
  }
  it.each(['RX', 'WE'])('%s, with a death at every step', async (letters) => {
    expect(await nothingBad(owners({ letters }), { maxPreemptions: 1, kill: true })).toBeGreaterThan(20)
  })
})

// 1 of 3 pairs.
describe('an owner has as many sessions as are allowed', () => {
  for (const evict of ['oldest', 'refuse'] as const) {
    it.each(['NR'])(`%s, ${evict}`, async (letters) => {
      await nothingBad(owners({ letters, limit: { count: 1, evict } }), { maxPreemptions: 1 })
    })
  }
})
