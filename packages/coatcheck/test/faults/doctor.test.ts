import { afterEach, beforeEach, expect, it } from 'vitest'
import { call } from '../helpers/command.ts'
import { DOCTORED, type Ground, ground } from './doctored.ts'
import { FAULTS, seenBy } from './rows.ts'

let here: Ground
beforeEach(() => {
  here = ground()
})
afterEach(() => here.done())

interface Said {
  readonly findings: readonly { readonly code: string; readonly says: string; readonly fix: string }[]
}

it.each(seenBy('doctor'))('doctor names the fault: %s', async (name) => {
  const { args, folder = '/' } = (await DOCTORED[name]?.(here)) ?? { args: [] }
  const { said } = await call(folder, ['doctor', ...args, '--json'])
  const { findings }: Said = JSON.parse(said)
  expect(findings.map(({ code }) => code)).toContain(FAULTS[name]?.doctor)
  for (const { says, fix } of findings) expect(`${says} ${fix}`).not.toMatch(/\bNaN\b|\[object /)
})

it('has an application for each fault that doctor names, and no other', () => {
  expect(Object.keys(DOCTORED).sort()).toEqual(seenBy('doctor').sort())
})

it('is one half of a table of at least 25 faults, each of which explain or doctor names', () => {
  const named = new Set([...seenBy('doctor'), ...seenBy('explain')])
  expect([...named].sort()).toEqual(Object.keys(FAULTS).sort())
  expect(named.size).toBeGreaterThanOrEqual(25)
})
