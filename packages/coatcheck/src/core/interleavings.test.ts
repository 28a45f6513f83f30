import { describe, expect, it } from 'vitest'
import { explored, nothingBad } from '../../test/helpers/explored.ts'
import { scenario } from '../../test/helpers/scenarios.ts'
import { memoryStore } from '../stores/memory.ts'

const store = () => memoryStore()

/** Every pair, each in two processes and in one, then the same session of somebody signed in. */
const PAIRS = ['WW', 'RW', 'RD', 'SW', 'SD', 'RR', 'SS', 'RS', 'SB', 'WD', 'RN', 'SN', 'WN', 'DN', 'DD']

describe('promises 1, 2 and 8: two requests at once, in every order, one dying or one call done twice at every step', () => {
  for (const letters of PAIRS) {
    it(letters, async () => {
      await nothingBad(scenario({ letters, store }), { kill: true, double: true })
      await nothingBad(scenario({ letters, store, owner: 'alice' }), { kill: true })
      await nothingBad(scenario({ letters, store, together: true }), { kill: true, double: true })
    })
  }
})

describe('promises 1, 2 and 8: three requests at once, with at most two of them made to wait', () => {
  for (const letters of ['RWD', 'SWD', 'RWW', 'SWW', 'RND', 'SND', 'RSW', 'RSD', 'RRD', 'SSD', 'SBW']) {
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

it('the search itself sees what goes wrong: a check that always fails is reported with its schedule', async () => {
  const found = await explored({ ...scenario({ letters: 'WW', store }), check: () => Promise.reject(new Error('no')) }, {})
  expect(found.bad[0]).toMatch(/^no: W1\.read/)
})
