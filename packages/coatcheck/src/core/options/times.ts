import type { Store } from '../../stores/store.ts'
import type { OnReplay } from '../engine.ts'
import { bad, DAY, kind, seconds } from './checks.ts'

interface Given {
  readonly store?: Store
  readonly onReplay?: OnReplay
  readonly idleTimeout?: number
  readonly absoluteTimeout?: number
  readonly maxRequestTime?: number
  readonly grace?: number
  readonly storeTimeout?: number
}

/** In milliseconds. */
export interface TimeSettings {
  readonly idle: number
  readonly absolute: number
  readonly maxRequestTime: number
  readonly grace: number
  readonly storeTimeout: number
}

export function onReplayOf({ onReplay = 'report', store }: Given): OnReplay {
  if (!['report', 'endSession', 'endOwner'].includes(onReplay))
    throw bad('onReplay', `is ${kind(onReplay)}`, 'Give `report`, `endSession` or `endOwner`.')
  if (onReplay !== 'report' && !store)
    throw bad('onReplay', 'is set without a store', 'Leave it out: old tickets are known by their records only.')
  if (onReplay === 'endOwner' && !store?.listByOwner)
    throw bad('onReplay', 'is `endOwner`, and the store lists no sessions of an owner', 'Give `endSession`, or another store.')
  return onReplay
}

export function timesOf(options: Given): TimeSettings {
  const { idleTimeout, absoluteTimeout } = options
  const absolute = seconds('absoluteTimeout', absoluteTimeout, 30 * DAY, 400 * DAY)
  const idle = seconds('idleTimeout', idleTimeout, Math.min(7 * DAY, absolute), 400 * DAY)
  if (idle > absolute) {
    throw bad(
      'absoluteTimeout',
      `is ${absolute} seconds and shorter than idleTimeout, ${idle} seconds`,
      'Make it at least as long as idleTimeout.',
    )
  }
  const maxRequestTime = seconds('maxRequestTime', options.maxRequestTime, Math.min(300, idle), DAY)
  const grace = options.grace === 0 ? 0 : seconds('grace', options.grace, Math.min(10, maxRequestTime), DAY)
  if (maxRequestTime > idle)
    throw bad(
      'maxRequestTime',
      `is ${maxRequestTime} seconds and longer than idleTimeout, ${idle} seconds`,
      'Make it at most as long.',
    )
  if (grace > maxRequestTime)
    throw bad(
      'grace',
      `is ${grace} seconds and longer than maxRequestTime, ${maxRequestTime} seconds`,
      'Make it at most as long.',
    )
  const storeTimeout = seconds('storeTimeout', options.storeTimeout, 2, 600)
  if (options.storeTimeout !== undefined && storeTimeout > idle)
    throw bad(
      'storeTimeout',
      `is ${storeTimeout} seconds and longer than a session lives unseen, ${idle} seconds`,
      'Make it shorter.',
    )
  return inMilliseconds({ idle, absolute, maxRequestTime, grace, storeTimeout })
}

function inMilliseconds(seconds: TimeSettings): TimeSettings {
  return Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, value * 1000])) as unknown as TimeSettings
}
