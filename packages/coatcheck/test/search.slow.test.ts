import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { adapterOf, sessionsOf } from '../src/core/sessions.ts'
import { draw } from './search/draw.ts'
import { engineOf, FOLDER, MUTANTS, type Mutant } from './search/mutants.ts'
import type { Plan } from './search/plan.ts'
import { searched, smallest, tried } from './search/search.ts'
import type { Searched } from './search/sites.ts'

// Random schedules of whole requests, judged by what their clients saw: `npm run search` does the same for longer.

const PARTS = 3
const SCHEDULES = 4_000
const MOST_FOR_A_MUTANT = 1_000
const under = { engine: { sessionsOf, adapterOf } }
/** Found by `npm run search`: each showed a fault of the engine, or something that the oracle had not known. */
const FOUND = [
  ...[65_895, 86_838, 94_122, 229_633, 346_766, 529_829, 561_586, 1_341_575, 1_727_047, 1_736_216, 7_062_628],
  ...[20_047_447, 20_074_303, 20_128_977, 20_136_950, 20_289_731, 20_308_415, 21_307_880, 21_318_665, 31_006_104, 31_505_558],
  ...[500_276, 95_074_505, 95_095_333, 120_041_316, 120_785_922],
  ...[40_069_079, 40_210_826, 40_559_267, 40_563_909, 40_933_064, 61_047_978, 61_057_371, 62_113_276, 62_156_883],
]

beforeAll(() => rm(FOLDER, { recursive: true, force: true }))
afterAll(() => rm(FOLDER, { recursive: true, force: true }))

it('a schedule is played in the same way each time', async () => {
  for (const adapter of ['core', 'fetch', 'remix', 'h3'] as const) {
    for (let seed = 1; seed <= 40; seed++) {
      const plan = draw(seed, { adapters: [adapter] })
      const [one, other] = [await tried(plan, under), await tried(plan, under)]
      expect(other.history.told).toEqual(one.history.told)
      expect(other.verdict).toEqual(one.verdict)
      expect(one.history.told.length).toBeGreaterThan(2)
    }
  }
})

for (let part = 0; part < PARTS; part++) {
  it(`the engine shows no violation: part ${part + 1} of ${PARTS}`, async () => {
    const seed = 1 + part * SCHEDULES
    const tally = await searched({ under, seed, goesOn: ({ schedules }) => schedules < SCHEDULES })
    expect([...tally.findings.values()].map(({ kind, plan }) => `${kind}: --replay '${JSON.stringify(plan)}'`)).toEqual([])
    expect(tally.schedules).toBe(SCHEDULES)
    expect(tally.acknowledged).toBeGreaterThan(3 * SCHEDULES)
    expect(tally.faults).toBeGreaterThan(SCHEDULES)
  })
}

it('the engine shows no violation: in what once showed one', async () => {
  for (const seed of FOUND) expect([seed, (await tried(draw(seed), under)).verdict.violations]).toEqual([seed, []])
})

it('what shows a violation is made smaller, and needs all that is left', async () => {
  const mutant = MUTANTS.find(({ fault }) => fault === 'V1: an update is not run again on the fresh value')
  const broken = { engine: await engineOf(mutant, 'smaller') }
  const kind = '1 lost'
  const { findings } = await searched({
    under: broken,
    seed: 1,
    goesOn: (tally) => !tally.findings.has(kind) && tally.schedules < MOST_FOR_A_MUTANT,
  })
  const { plan } = findings.get(kind) ?? {}
  if (!plan) throw new Error('nothing was found')
  const small = await smallest(plan, kind, broken)
  const kinds = async (of: Plan) => (await tried(of, broken)).verdict.violations.map((violation) => violation.kind)
  expect(small.requests).toHaveLength(2)
  expect(small.faults).toEqual([])
  expect(await kinds(small)).toContain(kind)
  for (const one of small.requests) expect(await kinds({ ...small, requests: [one] })).not.toContain(kind)
})

/** The first schedule in which the mutant shows a fault of its kind, and the engine as it is shows nothing. */
async function noticed(engine: Searched, { shows, drawing }: Pick<Mutant, 'shows' | 'drawing'>): Promise<number | undefined> {
  for (let seed = 1; seed <= MOST_FOR_A_MUTANT; seed++) {
    const plan = draw(seed, { adapters: ['core'], ...drawing })
    const { verdict } = await tried(plan, { engine })
    if (!verdict.violations.some(({ kind }) => shows.test(kind))) continue
    if ((await tried(plan, under)).verdict.violations.length === 0) return seed
  }
  return undefined
}

it('nothing is noticed of the engine as it is, read from a copy', async () => {
  expect(await noticed(await engineOf(undefined, 'control'), { shows: /^/ })).toBeUndefined()
})

for (const [at, mutant] of MUTANTS.entries()) {
  it(`is noticed: ${mutant.fault}`, async () => {
    expect(await noticed(await engineOf(mutant, `mutant-${at}`), mutant)).toEqual(expect.any(Number))
  })
}
