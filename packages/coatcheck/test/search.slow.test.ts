import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { faceOf, sessionsOf } from '../src/core/sessions.ts'
import { draw } from './search/draw.ts'
import { engineOf, FOLDER, MUTANTS, type Mutant } from './search/mutants.ts'
import { searched, smallest, tried } from './search/search.ts'
import type { Searched } from './search/sites.ts'
import { STANDING } from './search/standing.ts'

// Random schedules of whole requests, judged by what their clients saw: `npm run search` does the same for longer.

const SCHEDULES = 12_000
const MOST_FOR_A_MUTANT = 3_000
const under = { engine: { sessionsOf, faceOf } }

beforeAll(() => rm(FOLDER, { recursive: true, force: true }))
afterAll(() => rm(FOLDER, { recursive: true, force: true }))

it('a schedule is played in the same way each time', async () => {
  for (const face of ['core', 'fetch', 'remix', 'h3'] as const) {
    for (let seed = 1; seed <= 40; seed++) {
      const plan = draw(seed, { faces: [face] })
      const [one, other] = [await tried(plan, under), await tried(plan, under)]
      expect(other.history.told).toEqual(one.history.told)
      expect(other.verdict).toEqual(one.verdict)
      expect(one.history.told.length).toBeGreaterThan(2)
    }
  }
})

it('an engine without a known fault shows no other than those that stand, and shows all of these', async () => {
  const { findings, schedules } = await searched({ under, seed: 1, goesOn: (tally) => tally.schedules < SCHEDULES })
  expect(schedules).toBe(SCHEDULES)
  const found = [...findings.keys()]
  const told = Object.fromEntries(
    found.filter((kind) => !Object.hasOwn(STANDING, kind)).map((kind) => [kind, findings.get(kind)?.plan]),
  )
  expect(told, 'new: `npm run search -- --replay` tells each').toEqual({})
  expect(found.sort()).toEqual(Object.keys(STANDING).sort())
})

it('what shows a violation is made smaller, and still shows it', async () => {
  const { findings } = await searched({ under, seed: 1, goesOn: ({ findings: of }) => !of.has('4 sign-in overwritten') })
  const { plan } = findings.get('4 sign-in overwritten') ?? {}
  if (!plan) throw new Error('nothing was found')
  const small = await smallest(plan, '4 sign-in overwritten', under)
  expect(small.requests).toHaveLength(2)
  expect((await tried(small, under)).verdict.violations.map(({ kind }) => kind)).toContain('4 sign-in overwritten')
  const [alone] = small.requests
  const less = await tried({ ...small, requests: alone ? [alone] : [] }, under)
  expect(less.verdict.violations.map(({ kind }) => kind)).not.toContain('4 sign-in overwritten')
})

/** The first schedule in which the mutant shows a fault of its kind, and the engine as it is shows nothing. */
async function noticed(engine: Searched, { shows }: Pick<Mutant, 'shows'>): Promise<number | undefined> {
  for (let seed = 1; seed <= MOST_FOR_A_MUTANT; seed++) {
    const plan = draw(seed, { faces: ['core'] })
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
