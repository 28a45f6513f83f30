import { describe, test } from 'vitest'
import { bounded } from '../../../../test/helpers/depth.ts'
import { nothingBad } from '../../../../test/helpers/explored.ts'
import { REVOKED_PAIRS, REVOKED_SETTINGS, revokedScenario } from '../../../../test/helpers/revoked-scenarios.ts'
import { memoryStore } from '../../../stores/memory.ts'

const store = () => memoryStore()

describe('promise 15: two requests, with a death or a call that is carried out twice at every step', () => {
  // X waits for an answer of the other's process, which must not die.
  for (const letters of REVOKED_PAIRS.filter((pair) => !/[XO]/.test(pair))) {
    test(letters, async () => {
      for (const setting of REVOKED_SETTINGS)
        await nothingBad(revokedScenario({ letters, store, ...setting }), { kill: true, double: true })
    })
  }
})

describe('promise 15: an end of all of an owner', () => {
  for (const letters of REVOKED_PAIRS.filter((pair) => pair.includes('O'))) {
    test(letters, async () => {
      for (const setting of REVOKED_SETTINGS.slice(bounded(2, 3)))
        await nothingBad(revokedScenario({ letters, store, ...setting }), {})
      for (const setting of REVOKED_SETTINGS.slice(bounded(0, 1), 2))
        await nothingBad(revokedScenario({ letters, store, ...setting }), { kill: true, double: true, maxPreemptions: 1 })
    })
  }
})

describe('promise 15: three requests, of which at most two are made to wait', () => {
  for (const letters of ['SWD', 'RSD', 'SDN', 'RRD', 'SSD', 'BSD', 'RWN', 'DDW']) {
    test(letters, async () => {
      for (const owner of [{}, { owner: 'alice' }])
        await nothingBad(revokedScenario({ letters, store, ...owner }), { maxPreemptions: 2 })
    })
  }
})

describe('promise 15: four requests, 500 orders at random, with deaths and doubled calls', () => {
  for (const letters of ['SRWD', 'RSND', 'SSDD']) {
    test(letters, async () => {
      await nothingBad(revokedScenario({ letters, store }), { seed: 15, maxRuns: 500, kill: true, double: true })
    })
  }
})
