import { afterEach, beforeEach, vi } from 'vitest'
import type { Clock } from './clock.ts'

/** In each test of a file `Date` begins at `start` and moves only when the test moves it, for theirs and for ours; nothing is warned of. */
export function fakeDate(
  start: number = Date.parse('2026-11-21T08:00:00Z'),
): Clock & { readonly start: number; restart(): void } {
  beforeEach(() => {
    vi.useFakeTimers({ now: start, toFake: ['Date'] })
    vi.spyOn(console, 'warn').mockImplementation(() => {}) // theirs warns of `expires`
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
  return {
    start,
    now: () => Date.now(),
    advance: (seconds) => void vi.setSystemTime(Date.now() + seconds * 1000),
    restart: () => void vi.setSystemTime(start),
  }
}
