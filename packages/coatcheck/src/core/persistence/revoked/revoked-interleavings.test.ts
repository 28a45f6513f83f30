import { describe, expect, test } from 'vitest'
import { explored, nothingBad } from '../../../../test/helpers/explored.ts'
import { REVOKED_PAIRS, REVOKED_SETTINGS, revokedScenario } from '../../../../test/helpers/revoked-scenarios.ts'
import { memoryStore } from '../../../stores/memory.ts'

const store = () => memoryStore()

describe('promise 15: a sealed session that ended stays ended, whatever else was under way, in every order', () => {
  for (const letters of REVOKED_PAIRS) {
    test(letters, async () => {
      // Of O, which asks most, 2 settings of 6: the slow test has the others.
      for (const setting of REVOKED_SETTINGS.slice(0, letters.includes('O') ? 2 : 6))
        await nothingBad(revokedScenario({ letters, store, ...setting }), {})
    })
  }
})

// 4 of 15 pairs, with one setting of 6; `revoked-interleavings.slow.test.ts` has the others.
describe('promise 15: also where a process dies, or a call is carried out twice', () => {
  for (const letters of ['SD', 'RD', 'SS', 'WD']) {
    test(letters, async () => {
      await nothingBad(revokedScenario({ letters, store }), { kill: true, double: true })
    })
  }
})

test('the search itself sees what goes wrong', async () => {
  const found = await explored({ ...revokedScenario({ letters: 'WW', store }), check: () => Promise.reject(new Error('no')) }, {})
  expect(found.bad[0]).toMatch(/^no: /)
})
