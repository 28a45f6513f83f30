import { describe, expect, it } from 'vitest'
import { explored, nothingBad } from '../../../../test/helpers/explored.ts'
import { PAIRS, SETTINGS, scenario } from '../../../../test/helpers/scenarios.ts'
import { memoryStore } from '../../../stores/memory.ts'
import type { Outcome } from '../../../testing/interleave.ts'

const store = () => memoryStore()

describe('promises 1, 2 and 8: two requests at once, in every order', () => {
  for (const letters of PAIRS) {
    it(letters, async () => {
      for (const setting of SETTINGS) await nothingBad(scenario({ letters, store, ...setting }), {})
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

describe('what follows a state is run once, and every end is still reached', () => {
  const bounds = { kill: true, double: true, maxPreemptions: 2 }
  /** All ends, by what the processes and the store came to. */
  async function ends(letters: string, together: boolean, isShort: boolean) {
    const { state, ...all } = scenario({ letters, store, together, owner: 'alice' })
    const reached = new Set<string>()
    const check = (world: Parameters<typeof all.check>[0], { killed, results }: Outcome) =>
      void reached.add(`${state?.(world)} ${killed} ${Object.keys(results).sort()}`)
    const { runs } = await explored({ ...all, check, ...(isShort && state && { state }) }, bounds)
    return { runs, reached: [...reached].sort() }
  }
  for (const letters of ['WW', 'RW', 'SD', 'RR', 'DN']) {
    it.each([false, true])(`${letters}, by one process: %s`, async (together) => {
      const [long, short] = [await ends(letters, together, false), await ends(letters, together, true)]
      expect(short.reached).toEqual(long.reached)
      if (!together) expect(short.runs).toBeLessThan(long.runs) // one process is answered in one order
    })
  }
})

it('the search itself sees what goes wrong: a check that always fails is reported with its schedule', async () => {
  const found = await explored({ ...scenario({ letters: 'WW', store }), check: () => Promise.reject(new Error('no')) }, {})
  expect(found.bad[0]).toMatch(/^no: W1\.read/)
})
