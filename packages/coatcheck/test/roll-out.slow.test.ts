import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as engine from '../src/core/sessions.ts'
import { bounded } from './helpers/depth.ts'
import { copies, engineOf, type Mutant } from './helpers/mutated.ts'
import { faultsOf, KINDS, rollOut, type Tried, WAYS } from './trials/roll-out.ts'

const ways = Object.keys(WAYS)
const REQUESTS = bounded(100_000, 25_000)

describe.each(ways)(`B6: 20 instances, ${REQUESTS} requests of 400 visitors: %s`, (way) => {
  test.each(KINDS)(
    '%s: none is refused, none is sent two cookies, and the old secret takes its own tickets with it',
    async (kind) => {
      const found = await rollOut(engine, kind, way, REQUESTS)
      expect(faultsOf(found)).toBeUndefined()
      expect(found.killed).toBeGreaterThan(50)
      if (kind !== 'sealed') expect(found.cookies).toBeGreaterThan(200)
    },
  )
})

describe('what is known not to do, and shows that the above would notice', () => {
  test('the new secret first, one instance after another: many are refused', async () => {
    const found = await rollOut(engine, 'stored', 'the new secret first, one instance after another', REQUESTS)
    expect(found.refused).toBeGreaterThan(bounded(2000, 100))
  })

  test('plain lists in two steps: nobody is refused, and tickets go back and forth', async () => {
    const found = await rollOut(engine, 'stored', 'plain lists in two steps', REQUESTS)
    expect(found).toMatchObject({ refused: 0, survived: 0 })
    expect([found.mostCookies > bounded(5, 2), found.cookies > bounded(600, 280)]).toEqual([true, true])
  })
})

const states = (fault: string, from: string, to: string): Mutant => ({ fault, file: 'core/options/secret-states.ts', from, to })
const changing = (fault: string, from: string, to: string): Mutant => ({ fault, file: 'core/changing-keyring.ts', from, to })

const MUTANTS: readonly Mutant[] = [
  states(
    'a pending secret writes',
    "=> state === 'active' && from <=",
    "=> (state === 'active' || state === 'pending') && from <=",
  ),
  states('a secret writes before its time', '&& from <= now && now < until', '&& now < until'),
  states('what a pending secret opens is renewed', "? 'read' : 'renew' }", "? 'renew' : 'renew' }"),
  states('what a retired secret opens is not renewed', "? 'read' : 'renew' }", "? 'read' : 'read' }"),
  states(
    'a revoked secret opens',
    "|| until <= now) return { secret, use: 'refuse' }",
    "|| until <= now) return { secret, use: 'read' }",
  ),
  changing('for an unknown secret nobody asks again', "if (found !== 'unknown-key' || !source)", "if (found !== '' || !source)"),
  changing('a list is never too old', 'if (current && !mustWait && age < OLD)', 'if (current && (!mustWait || current))'),
]

/** What the first way and kind say that notice anything. */
async function noticed(tried: Tried, by = 3): Promise<object | undefined> {
  for (const way of ways.slice(0, by))
    for (const kind of KINDS) {
      const faults = faultsOf(await rollOut(tried, kind, way, 20_000))
      if (faults) return { way, kind, ...faults }
    }
  return undefined
}

const folder = copies('.mutants-roll-out')
beforeAll(() => rm(folder, { recursive: true, force: true }))
afterAll(() => rm(folder, { recursive: true, force: true }))

test('nothing is wrong with the engine as it is, read from a copy', async () => {
  expect(await noticed(await engineOf(undefined, join(folder, 'control')), 1)).toBeUndefined()
})

for (const [at, mutant] of MUTANTS.entries())
  test(`is noticed: ${mutant.fault}`, async () => {
    const found = await noticed(await engineOf(mutant, join(folder, `mutant-${at}`)))
    expect(found).toEqual(expect.any(Object))
  })
