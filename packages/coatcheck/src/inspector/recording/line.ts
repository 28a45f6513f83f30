import type { SessionEvent } from '../../core/inspecting.ts'
import { keyName } from '../redact.ts'

/** One event as it is kept and shown: texts and numbers only, so that nothing keeps an error or what hangs on it. */
export interface Line {
  /** Counted from 1, in this process. */
  readonly number: number
  readonly at: number
  readonly type: SessionEvent['type']
  readonly handle?: string
  /** A digest. */
  readonly owner?: string
  readonly request?: string
  /** The rest in words. */
  readonly facts: string
}

/** Events that say that something is wrong. */
export const BAD: ReadonlySet<string> = new Set<Line['type']>([
  ...(['refused', 'replayed', 'late-failed', 'store-down', 'secrets-failed', 'cross-site'] as const),
])

const LONGEST = 120
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)

/** Of each event the fields that are known here: what a later release adds is not shown before somebody has looked at it. */
export function lineOf(event: SessionEvent, number: number): Line {
  const { at, type, owner, request } = event
  const handle = 'handle' in event ? event.handle : undefined
  return {
    number,
    at,
    type,
    ...(handle !== undefined && { handle }),
    ...(owner !== undefined && { owner }),
    ...(request !== undefined && { request: cut(request) }),
    facts: factsOf(event),
  }
}

function factsOf(event: SessionEvent): string {
  switch (event.type) {
    case 'refused':
      return [event.reason, event.detail, event.error?.code].filter((each) => each !== undefined).join(', ')
    case 'ended':
    case 'dropped':
    case 'cross-site':
      return event.reason
    case 'committed':
      return event.plan
    case 'loaded':
      return event.kind
    case 'conflict':
      return `try ${event.retry}`
    case 'store-slow':
      return `${event.call}, ${Math.round(event.milliseconds)} ms`
    case 'weaker-store':
      return event.consistency
    case 'adopted':
      return event.format
    case 'overwritten':
    case 'reduced':
    case 'unreadable-value':
      return keyName(event.key)
    case 'cache-conflict':
      return cut(event.was)
    case 'replayed':
      return `${Math.max(0, Math.round((event.usedAt - event.movedAt) / 1000))} s after the new id`
    case 'store-down':
    case 'secrets-failed':
    case 'late-failed':
      return event.error.code
    default:
      return ''
  }
}
