import theirs from 'cookie-session'
import { asyncProperty, assert as hold } from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { differences } from '../../../test/differential/cookie-session-differences.ts'
import { type Make, type Script, scripts, siteOf, told } from '../../../test/differential/cookie-session-script.ts'
import { holdListed, meetsListed, tellListed } from '../../../test/differential/listed.ts'
import ours from '../cookie-session.ts'

// One script of requests to an application of Express, on cookie-session itself and on ours.

const NOW = Date.parse('2026-11-21T08:00:00Z')
beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
  for (const method of ['error', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {})
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

async function both(script: Script): Promise<[theirs: unknown[], ours: unknown[]]> {
  const tell = async (make: Make): Promise<unknown[]> => {
    vi.setSystemTime(NOW)
    const site = await siteOf(make, script.configured)
    try {
      return await told(site, script, (seconds) => void vi.setSystemTime(Date.now() + seconds * 1000))
    } finally {
      site.close()
    }
  }
  return [await tell(theirs as Make), await tell(ours as Make)]
}

describe('the same requests on cookie-session and here', () => {
  test('handlers and a browser see the same, but for what is listed', async () => {
    let compared = 0
    await hold(
      asyncProperty(scripts, async (script) => {
        if (meetsListed(differences, '', script)) return
        const [upstream, here] = await both(script)
        expect(here).toEqual(upstream)
        compared++
      }),
      { numRuns: 500 },
    )
    expect(compared).toBeGreaterThan(200)
  })

  tellListed(differences, '', both)
})

holdListed(differences, 'cookie-session.md')
