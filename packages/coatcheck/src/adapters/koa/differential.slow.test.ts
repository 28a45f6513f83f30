import { asyncProperty, assert as hold } from 'fast-check'
import theirs from 'koa-session'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { differences } from '../../../test/differential/koa-session-differences.ts'
import { type Make, rowsStore, type Script, scripts, siteOf, told } from '../../../test/differential/koa-session-script.ts'
import { holdListed, meetsListed, tellListed } from '../../../test/differential/listed.ts'
import { memoryStore } from '../../stores/memory.ts'
import ours from '../koa.ts'

// One script of requests to an application of Koa, on koa-session itself and on ours.

const NOW = Date.parse('2026-11-21T08:00:00Z')
beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
  for (const method of ['error', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {})
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const kinds: Record<string, readonly [theirs: () => object | undefined, ours: () => object | undefined]> = {
  cookie: [() => undefined, () => undefined],
  'a store of koa-session': [rowsStore, rowsStore],
  'a store of ours': [rowsStore, memoryStore],
}

const both =
  (kind: string) =>
  async (script: Script): Promise<[theirs: unknown[], ours: unknown[]]> => {
    const tell = async (make: Make, store: object | undefined): Promise<unknown[]> => {
      vi.setSystemTime(NOW)
      const site = await siteOf(make, store, script.configured)
      try {
        return await told(site, script, (seconds) => void vi.setSystemTime(Date.now() + seconds * 1000))
      } finally {
        site.close()
      }
    }
    const [upstream, here] = kinds[kind] as (typeof kinds)[string]
    return [await tell(theirs as Make, upstream()), await tell(ours as Make, here())]
  }

describe.each(Object.keys(kinds))('the same requests on koa-session and here: %s', (kind) => {
  test('handlers and a browser see the same, but for what is listed', async () => {
    let compared = 0
    await hold(
      asyncProperty(scripts, async (script) => {
        if (meetsListed(differences, kind, script)) return
        const [upstream, here] = await both(kind)(script)
        expect(here).toEqual(upstream)
        compared++
      }),
      { numRuns: 500 },
    )
    expect(compared).toBeGreaterThan(100)
  })

  tellListed(differences, kind, both(kind))
})

holdListed(differences, 'koa.md')
