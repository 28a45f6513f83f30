import { describe, expect, test } from 'vitest'
import * as engine from '../src/core/sessions.ts'
import { faultsOf, KINDS, rollOut, WAYS } from './trials/roll-out.ts'

// A sample, of 4,000 requests each; `roll-out.slow.test.ts` has more, what is known not to do, and mutants of each rule.
describe.each(Object.keys(WAYS))('B6: 20 instances are given a new secret, and the old one is revoked: %s', (way) => {
  test.each(KINDS)('%s: nobody is refused, who holds the old one is', async (kind) => {
    const found = await rollOut(engine, kind, way, 4000)
    expect(faultsOf(found)).toBeUndefined()
    expect(found.killed).toBeGreaterThan(100)
    expect(found.cookies > 50).toBe(kind !== 'sealed')
  })
})
