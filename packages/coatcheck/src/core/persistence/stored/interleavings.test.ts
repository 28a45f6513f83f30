import { describe, expect, it } from 'vitest'
import { explored, nothingBad } from '../../../../test/helpers/explored.ts'
import { PAIRS, SETTINGS, scenario } from '../../../../test/helpers/scenarios.ts'
import { sameEnds } from '../../../../test/trials/ends.ts'
import { memoryStore } from '../../../stores/memory.ts'

const store = () => memoryStore()

describe('promises 1, 2 and 8: two requests at once, in every order', () => {
  for (const letters of PAIRS) {
    it(letters, async () => {
      for (const setting of SETTINGS) await nothingBad(scenario({ letters, store, ...setting }), {})
    })
  }
})

// 3 of 11 groups; `interleavings.slow.test.ts` has the others.
describe('promises 1, 2 and 8: three requests at once, with at most two of them made to wait', () => {
  for (const letters of ['RWD', 'RND', 'RRD']) {
    it(letters, async () => {
      await nothingBad(scenario({ letters, store }), { maxPreemptions: 2 })
    })
  }
})

describe('without secrets there is no new id to tell a second request, and nothing else changes', () => {
  for (const letters of ['RW', 'SW', 'RD', 'SD']) {
    it(letters, async () => {
      await nothingBad(scenario({ letters, store, secrets: [] }), {})
    })
  }
})

// 1 of 5 pairs; `interleavings.slow.test.ts` has the others.
describe('what follows a state is run once, and every end is still reached', () => {
  for (const letters of ['WW']) {
    it.each([false, true])(`${letters}, by one process: %s`, (together) => sameEnds(letters, together))
  }
})

it('the search itself sees what goes wrong: a check that always fails is reported with its schedule', async () => {
  const found = await explored({ ...scenario({ letters: 'WW', store }), check: () => Promise.reject(new Error('no')) }, {})
  expect(found.bad[0]).toMatch(/^no: W1\.read/)
})
