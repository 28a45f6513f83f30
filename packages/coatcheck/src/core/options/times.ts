import type { CheckedOptions } from './checked.ts'
import { bad } from './checks.ts'
import type { SessionsOptions, TimeOption } from './table.ts'

/** In milliseconds. */
export interface TimeSettings {
  readonly idle: number
  readonly absolute: number
  readonly maxRequestTime: number
  readonly grace: number
  readonly storeTimeout: number
  readonly freshFor: number
  readonly rememberFor: number
}

export function checkOnReplay({ onReplay, store }: CheckedOptions): void {
  if (onReplay !== 'report' && !store)
    throw bad('onReplay', 'is set without a store', 'Leave it out: old tickets are known by their records only.')
  if (onReplay === 'endOwner' && !store?.listByOwner)
    throw bad('onReplay', 'is `endOwner`, and the store lists no sessions of an owner', 'Give `endSession`, or another store.')
}

/** `given`: without defaults. */
export function timesOf(options: CheckedOptions, given: SessionsOptions): TimeSettings {
  const { absoluteTimeout: absolute, idleTimeout: idle, maxRequestTime, grace, storeTimeout, freshFor, rememberFor } = options
  if (idle > absolute)
    throw bad(
      'absoluteTimeout',
      `is ${absolute} seconds and shorter than idleTimeout, ${idle} seconds`,
      'Make it at least as long as idleTimeout.',
    )
  const limit = (name: TimeOption, most: number, than: string, fix: string) => {
    if (options[name] > most) throw bad(name, `is ${options[name]} seconds and longer than ${than}, ${most} seconds`, fix)
  }
  limit('maxRequestTime', idle, 'idleTimeout', 'Make it at most as long.')
  limit('grace', maxRequestTime, 'maxRequestTime', 'Make it at most as long.')
  if (given.storeTimeout !== undefined) limit('storeTimeout', idle, 'a session lives unseen', 'Make it shorter.')
  return {
    idle: idle * 1000,
    absolute: absolute * 1000,
    maxRequestTime: maxRequestTime * 1000,
    grace: grace * 1000,
    storeTimeout: storeTimeout * 1000,
    freshFor: freshFor * 1000,
    rememberFor: rememberFor * 1000,
  }
}
