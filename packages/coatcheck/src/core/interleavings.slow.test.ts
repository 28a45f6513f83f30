import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explored, nothingBad } from '../../test/helpers/explored.ts'
import { PAIRS, SETTINGS, scenario } from '../../test/helpers/scenarios.ts'
import { fileStore } from '../stores/file.ts'
import { memoryStore } from '../stores/memory.ts'
import { sqliteStore } from '../stores/sqlite.ts'

describe('promises 1, 2 and 8: two requests at once, in every order, one dying or one call done twice at every step', () => {
  for (const letters of PAIRS) {
    it(letters, async () => {
      for (const setting of SETTINGS) {
        await nothingBad(scenario({ letters, store: () => memoryStore(), ...setting }), { kill: true, double: true })
      }
    })
  }
})

describe('three requests at once, at most two made to wait, one dying or one call done twice at every step', () => {
  // The others are drawn at random by `npm run search`, and below.
  for (const letters of ['RWD', 'SWD', 'SWW', 'RSD']) {
    it(letters, async () => {
      const runs = await nothingBad(scenario({ letters, store: () => memoryStore() }), {
        kill: true,
        double: true,
        maxPreemptions: 2,
      })
      expect(runs).toBeGreaterThan(5000)
    })
  }
})

describe('three requests at once in every order, four with at most three made to wait', () => {
  for (const letters of ['RWD', 'SWD', 'RWW', 'SWW', 'RND', 'SND']) {
    it(`${letters}, in every order`, async () => {
      await nothingBad(scenario({ letters, store: () => memoryStore() }), {})
    })
  }
  for (const letters of ['RRRD', 'SSWD', 'RSWD', 'RRSW']) {
    it(`${letters}, at most three made to wait`, async () => {
      await nothingBad(scenario({ letters, store: () => memoryStore() }), { maxPreemptions: 3 })
    })
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
  await fc.assert(fc.asyncProperty(cases, holds), { numRuns: 120 })
})

describe('the same on real stores', () => {
  let folder: string
  let count = 0
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coatcheck-interleavings-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))
  const stores = {
    file: () => fileStore({ directory: join(folder, `f${++count}`) }),
    sqlite: () => sqliteStore({ path: ':memory:' }),
  }
  for (const [name, store] of Object.entries(stores)) {
    for (const letters of ['WW', 'RW', 'SW', 'RD', 'SD', 'RR', 'SS', 'RS']) {
      it(`${name}: ${letters}, in every order, one dying or one call done twice, at most one made to wait`, async () => {
        await nothingBad(scenario({ letters, store }), { kill: true, double: true, maxPreemptions: 1 })
      })
    }
    for (const letters of ['RWD', 'SWD', 'SWW']) {
      it(`${name}: ${letters}, at most two made to wait`, async () => {
        await nothingBad(scenario({ letters, store }), { maxPreemptions: 2 })
      })
    }
  }
})
