import { clockOf } from '../clock.ts'
import type { CrossSiteEvent, CrossSiteOptions } from './options.ts'
import type { RefusedReason } from './verdict.ts'

/** Tells of refusals. What an observer throws, or its promise rejects with, is reported and goes no further: a refusal stands. */
export function teller({ onEvent, now }: Pick<CrossSiteOptions, 'onEvent' | 'now'>): (reason: RefusedReason) => void {
  if (!onEvent) return () => {}
  const clock = clockOf(now)
  const failed = (error: unknown): void => console.error('coatcheck: onEvent threw; the request goes on.', error)
  return (reason) => {
    try {
      const promised: unknown = onEvent({ type: 'cross-site', reason, at: clock() } satisfies CrossSiteEvent)
      // A rejection that nobody handles would end the process.
      if (promised !== undefined) void Promise.resolve(promised).then(undefined, failed)
    } catch (error) {
      failed(error)
    }
  }
}
