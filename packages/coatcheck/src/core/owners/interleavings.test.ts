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

// 6 of 15 pairs; `interleavings.slow.test.ts` has the others.
describe('sealed sessions with entries in a store: nothing outlives an end, and none that lives is missing in a list', () => {
  it.each(['SE', 'WE', 'DE', 'RX', 'HR', 'HU'])('%s', async (letters) => {
    await nothingBad(owners({ letters, sealed: true }), { maxPreemptions: 1 })
  })
  it.each(['oldest', 'refuse'] as const)('an owner has as many as are allowed: %s', async (evict) => {
    for (const letters of ['SU', 'NR'])
      await nothingBad(owners({ letters, sealed: true, limit: { count: 1, evict } }), { maxPreemptions: 1 })
  })
})
