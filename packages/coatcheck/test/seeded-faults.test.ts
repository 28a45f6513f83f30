import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CODES } from '../src/core/explain/codes.ts'
import { EXPLAINED } from './faults/explained.ts'
import { FAULTS, seenBy } from './faults/rows.ts'

describe('a seeded fault is named by explain, over HTTP', () => {
  beforeEach(() => {
    // As on the machine of who looks for it.
    vi.stubEnv('NODE_ENV', 'development')
    vi.stubEnv('DEBUG', undefined)
  })
  afterEach(() => vi.unstubAllEnvs())

  it.each(seenBy('explain').map((name) => [name, FAULTS[name]?.broken, FAULTS[name]?.explain] as const))(
    '%s: %s %s',
    async (name, _, code) => {
      expect(await EXPLAINED[name]?.()).toBe(code)
    },
  )

  it('and each row has an app, each app a row, each code a sentence', () => {
    expect(Object.keys(EXPLAINED).sort()).toEqual(seenBy('explain').sort())
    for (const { explain } of Object.values(FAULTS)) if (explain !== undefined) expect(Object.keys(CODES)).toContain(explain)
    expect(seenBy('explain').length).toBeGreaterThan(25)
  })
})
