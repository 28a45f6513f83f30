import { describe, expect, it } from 'vitest'
import { bounded } from '../../../test/helpers/depth.ts'
import { explored, nothingBad } from '../../../test/helpers/explored.ts'
import { owners } from '../../../test/trials/owners.ts'

const PAIRS = ['SE', 'NE', 'UE', 'RE', 'WE', 'DE', 'HE', 'SX', 'NX', 'UX', 'RX', 'WX', 'HR', 'HU', 'SH'] as const

describe('nothing outlives an end of all, and nothing of hers is ended but by whom it was asked: clocks are 60 seconds apart', () => {
  for (const letters of PAIRS) {
    // With three made to wait it is 1,000 to 12,500 orders a pair, and a quarter of an hour: 0 bad.
    it(`${letters}, one made to wait, one dying or one call done twice at every step`, async () => {
      expect(await nothingBad(owners({ letters }), { maxPreemptions: 1, kill: true, double: true })).toBeGreaterThan(50)
    })
  }
  it.each(['RE', 'RX', 'HR', 'WE'])('%s, in every order', async (letters) => {
    await nothingBad(owners({ letters }), {})
  })
  it.each(['SE', 'SX', 'UE'])('%s, two made to wait', async (letters) => {
    await nothingBad(owners({ letters }), { maxPreemptions: 2 })
  })
  it.each(['SEE', 'SUE', 'SRE', 'URE', 'SRX', 'SUX', 'HUR', 'NWE', 'SNEX'])('%s, orders drawn at random', async (letters) => {
    await nothingBad(owners({ letters }), { seed: 20_961_121, maxRuns: bounded(500, 250), kill: true, double: true })
  })
})

describe('an owner has as many sessions as are allowed', () => {
  for (const evict of ['oldest', 'refuse'] as const) {
    it.each(['NN', 'SU', 'NR'])(`%s, one made to wait, ${evict}`, async (letters) => {
      await nothingBad(owners({ letters, limit: { count: 1, evict } }), { maxPreemptions: 1 })
    })
    it.each(['NNN', 'SNU', 'NNE'])(`%s, 200 orders drawn at random, ${evict}`, async (letters) => {
      for (const count of [1, 2]) await nothingBad(owners({ letters, limit: { count, evict } }), { seed: count, maxRuns: 200 })
    })
  }
})

describe('sealed sessions with entries in a store: nothing outlives an end, and none that lives is missing in a list', () => {
  it.each(PAIRS)('%s, one made to wait', async (letters) => {
    await nothingBad(owners({ letters, sealed: true }), { maxPreemptions: 1 })
  })
  // The others take two minutes together, 60,000 orders: 0 bad.
  it.each(bounded(['WE', 'DE', 'HE', 'HR', 'SH'], ['WE', 'DE', 'HR']))(
    '%s, one dying or one call done twice at every step',
    async (letters) => {
      expect(
        await nothingBad(owners({ letters, sealed: true }), { maxPreemptions: 1, kill: true, double: true }),
      ).toBeGreaterThan(1000)
    },
  )
  it.each(['SRE', 'SRX', 'NWE'])('%s, 300 orders drawn at random', async (letters) => {
    await nothingBad(owners({ letters, sealed: true }), { seed: 20_961_121, maxRuns: 300, kill: true, double: true })
  })
  for (const evict of ['oldest', 'refuse'] as const) {
    it.each(['NN', 'SU', 'NR', 'NNN', 'SNU'])(`%s, ${evict}`, async (letters) => {
      const bounds = letters.length === 2 ? { maxPreemptions: 1 } : { seed: 1, maxRuns: 200 }
      await nothingBad(owners({ letters, sealed: true, limit: { count: 1, evict } }), bounds)
    })
  }
})

it('without marks and with clocks that agree, time tells as well; with clocks that differ it does not', async () => {
  await nothingBad(owners({ letters: 'SE', marks: false }), { maxPreemptions: 3 })
  const { bad } = await explored(owners({ letters: 'SE', marks: false, skew: true }), { maxPreemptions: 3 })
  expect(bad).toEqual(expect.arrayContaining([expect.stringMatching(/^a session outlived the end of all/)]))
})
