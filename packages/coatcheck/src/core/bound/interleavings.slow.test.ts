import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bounded } from '../../../test/helpers/depth.ts'
import { explored } from '../../../test/helpers/explored.ts'
import { copies } from '../../../test/helpers/mutated.ts'
import { drawn, PAIRS } from '../../../test/trials/bound-draw.ts'
import { type BoundMutant, boundEngineOf, MUTANTS } from '../../../test/trials/bound-mutants.ts'
import { boundTrial } from '../../../test/trials/bound-stories.ts'
import { keysAtOnce } from '../../../test/trials/bound-world.ts'

// Real sites and requests, and every step of the store and of the network in an order that is chosen. `npm run search:bound` does the same for longer.

const folder = copies('.mutants-bound')
let restore = (): void => {}
beforeAll(async () => {
  restore = keysAtOnce()
  await rm(folder, { recursive: true, force: true })
})
afterAll(async () => {
  restore()
  await rm(folder, { recursive: true, force: true })
})

describe('nobody is locked out, no copy counts for longer, no key of somebody else is let in, and nothing is lost', () => {
  it.each(['stored', 'sealed', 'revocable'] as const)(
    '%s: a refresh, a registration or a sign-in beside each other thing',
    async (kind) => {
      for (const pair of PAIRS.filter((each) => each.kind === kind)) {
        const { bad } = await explored(boundTrial(pair), { seed: 1, maxRuns: bounded(50, kind === 'stored' ? 3 : 1) })
        expect(bad, JSON.stringify(pair)).toEqual([])
      }
    },
  )
  it('stories of two to four actors, with deaths, failures, time and secrets, one order each', async () => {
    for (let seed = 1; seed <= bounded(2500, 250); seed++) {
      const { bad } = await explored(boundTrial(drawn(seed)), { seed, maxRuns: 1, double: seed % 3 === 0 })
      expect(bad, JSON.stringify(drawn(seed))).toEqual([])
    }
  })
})

async function noticed(mutant: BoundMutant | undefined, name: string): Promise<string | undefined> {
  const engine = await boundEngineOf(mutant, join(folder, name))
  for (const story of mutant?.shows ?? MUTANTS.flatMap(({ shows }) => shows)) {
    const { bad } = await explored(boundTrial({ ...story, engine }), { seed: 1, maxRuns: mutant ? 60 : 1 })
    if (bad[0] !== undefined) return bad[0]
  }
  return undefined
}

describe('deliberate faults', () => {
  it('nothing is wrong with what there is, read from a copy', async () => {
    expect(await noticed(undefined, 'control')).toBeUndefined()
  })
  it.each(MUTANTS.map((mutant, at) => [mutant.fault, mutant, at] as const))('is noticed: %s', async (_, mutant, at) => {
    expect(await noticed(mutant, `mutant-${at}`)).toEqual(expect.any(String))
  })
})
