import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bounded } from '../../../../test/helpers/depth.ts'
import { explored, nothingBad } from '../../../../test/helpers/explored.ts'
import { HALF_OF_SETTINGS, PAIRS, SETTINGS, scenario } from '../../../../test/helpers/scenarios.ts'
import { sameEnds } from '../../../../test/trials/ends.ts'
import { memoryStore } from '../../../stores/memory.ts'

describe('promises 1, 2 and 8: two requests at once, in every order, one dying or one call done twice at every step', () => {
  for (const letters of PAIRS) {
    it(letters, async () => {
      for (const setting of bounded(SETTINGS, HALF_OF_SETTINGS)) {
        await nothingBad(scenario({ letters, store: () => memoryStore(), ...setting }), { kill: true, double: true })
      }
    })
  }
})

describe('three requests at once, one dying or one call done twice at every step', () => {
  // The others are drawn at random by `npm run search`, and below.
  it('RWD, in every order', async () => {
    const bounds = bounded({}, { maxPreemptions: 2 })
    const runs = await nothingBad(scenario({ letters: 'RWD', store: () => memoryStore() }), {
      ...bounds,
      kill: true,
      double: true,
    })
    expect(runs).toBeGreaterThan(bounded(10_000, 1_000))
  })
  for (const letters of bounded(['SWD', 'SWW', 'RSD'], ['SWD'])) {
    it(`${letters}, at most one made to wait`, async () => {
      const bounds = { kill: true, double: true, maxPreemptions: 1 }
      const runs = await nothingBad(scenario({ letters, store: () => memoryStore() }), bounds)
      expect(runs).toBeGreaterThan(1_000)
    })
  }
})

describe('three requests at once in every order, four with some of them made to wait', () => {
  for (const letters of ['RWW', 'RND', 'SND']) {
    it(`${letters}, in every order`, async () => {
      await nothingBad(scenario({ letters, store: () => memoryStore() }), {})
    })
  }
  for (const [letters, count] of [
    ['RRRD', 2],
    ['SSWD', bounded(2, 1)],
    ['RSWD', bounded(2, 1)],
    ['RRSW', bounded(2, 1)],
  ] as const) {
    it(`${letters}, at most ${count} made to wait`, async () => {
      await nothingBad(scenario({ letters, store: () => memoryStore() }), { maxPreemptions: count })
    })
  }
})

// 8 of 11 groups; `interleavings.test.ts` has the others.
describe('promises 1, 2 and 8: three requests at once, with at most two of them made to wait', () => {
  for (const letters of ['SWD', 'RWW', 'SWW', 'SND', 'RSW', 'RSD', 'SSD', 'SBW']) {
    it(letters, async () => {
      await nothingBad(scenario({ letters, store: () => memoryStore() }), { maxPreemptions: 2 })
    })
  }
})

// 4 of 5 pairs; `interleavings.test.ts` has the other.
describe('what follows a state is run once, and every end is still reached', () => {
  for (const letters of ['RW', 'SD', 'RR', 'DN']) {
    it.each([false, true])(`${letters}, by one process: %s`, (together) => sameEnds(letters, together))
  }
})

it('beyond the bound: any requests in any number, drawn at random', async () => {
  const cases = fc.record({
    letters: fc.string({ unit: fc.constantFrom('R', 'S', 'B', 'W', 'W', 'D', 'N'), minLength: 3, maxLength: 7 }),
    owner: fc.constantFrom(undefined, 'alice'),
    together: fc.boolean(),
    kill: fc.boolean(),
    double: fc.boolean(),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
  })
  const holds = async ({ letters, owner, together, ...bounds }: typeof cases extends fc.Arbitrary<infer T> ? T : never) => {
    const { bad } = await explored(scenario({ letters, together, store: () => memoryStore(), ...(owner && { owner }) }), {
      ...bounds,
      maxRuns: 60,
    })
    expect(bad).toEqual([])
  }
  await fc.assert(fc.asyncProperty(cases, holds), { numRuns: bounded(120, 60) })
})
