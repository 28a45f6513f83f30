import { SessionError } from '../../errors.ts'
import type { Engine, Held, Keeper, Taken } from '../engine.ts'
import { policyOf, renewalIsDue, rolls, slideIsDue } from '../model/lifetime.ts'

/** How long a session is to last, said with a commit. */
export interface Times {
  /** Seconds from now, unless it is seen again, until the session ends; from here on this is its own idle time. 0 or less ends it. */
  readonly maxAge?: number
  /** The same as a date; `maxAge` goes before it. */
  readonly expires?: Date
  /** The application commits with each request, and counts on the cookie that it is given. */
  readonly renews?: boolean
}

/** A session may end so many milliseconds too early rather than be given a new id. */
const TOLERANCE = 60_000

/** Browsers keep no cookie longer (RFC 6265bis 5.5). */
const LONGEST = 400 * 86_400_000

/** Milliseconds from now. A time that is none must not end a session in silence: `BAD_OPTIONS`. */
export function lastsOf({ maxAge, expires }: Times, now: number): number | undefined {
  const given = maxAge ?? expires ?? undefined
  if (given === undefined) return undefined
  const lasts = given instanceof Date ? +given - now : typeof given === 'number' ? given * 1000 : Number.NaN
  if (!Number.isNaN(lasts)) return Math.min(Math.ceil(lasts), LONGEST)
  const option = given === maxAge ? 'maxAge' : 'expires'
  throw new SessionError(
    'BAD_OPTIONS',
    `The option \`${option}\` of a commit is no ${option === 'maxAge' ? 'number' : 'date'}.`,
    {
      fix: option === 'maxAge' ? 'Give seconds, or leave it out.' : 'Give a valid Date, or leave it out.',
    },
  )
}

interface Core {
  readonly engine: Engine
  readonly keeper: Keeper
}

/**
 * What a commit takes, with what becomes of the session's time. `isAsked`: the application commits with each request, and counts on the
 * cookie that it is given.
 */
export function timed(taken: Taken, held: Held | undefined, core: Core, isAsked: boolean): Taken {
  const { engine, keeper } = core
  const { lasts, ...changes } = taken.changes
  if (taken.move || taken.ended || !held) return taken
  const now = engine.now()
  const policy = policyOf(lasts === undefined ? held.body : { lasts }, engine.policy)
  const mayRenew = isAsked && (lasts !== undefined || rolls(held.body, engine.policy))
  const renews = mayRenew && (held.foreign || held.isUndated || renewalIsDue(held.life, policy, now)) === true
  if (held.foreign) return { ...taken, renews }
  // A session that is to last longer than it can goes on as a new one, with room for as long again: the end of a record is fixed.
  const missing = Math.min(now + policy.idle, policy.until ?? Number.POSITIVE_INFINITY) - held.life.endsAt
  const isFixed = policy.fixed || keeper.kind === 'custom'
  if ((lasts !== undefined || renews) && !isFixed && missing > TOLERANCE)
    return { ...taken, move: { kind: 'regenerate', anew: true } }
  // The same time again: a line each time would undo what a parallel sign-in has just sent.
  const isNews = renews || lasts !== held.body.lasts || slides(held, core)
  return { ...taken, renews, ...(!isNews && { changes }) }
}

/** Whether a request that changed nothing should still move the session's idle end. */
export function slides(held: Held, { engine, keeper }: Core): boolean {
  const { policy, now } = engine
  if (held.isUndated && rolls(held.body, policy)) return true
  // The rows of an application say when they end, and not when they were seen.
  if (keeper.kind === 'custom' && policy.rolls === undefined) return false
  return slideIsDue(held.life, policyOf(held.body, policy), now())
}
