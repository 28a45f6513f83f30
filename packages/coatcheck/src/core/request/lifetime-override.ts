import { SessionError } from '../../errors.ts'
import type { ChangeSet, Engine, LoadedSession, Persistence } from '../engine.ts'
import type { EndReason } from '../model/events.ts'
import { LONGEST_LIFE, policyOf, renewalIsDue, rolls, slideIsDue } from '../model/lifetime.ts'
import type { LiveSession } from '../session/session.ts'
import type { LineOptions } from './tickets.ts'

/** How long a session is to last, said with a commit. */
export interface Times {
  /** Seconds from now, unless it is seen again, until the session ends; from here on this is its own idle time. 0 or less ends it. */
  readonly maxAge?: number
  /** The same as a date; `maxAge` goes before it. */
  readonly expires?: Date
  /** The application commits with each request, and counts on the cookie that it is given. */
  readonly renews?: boolean
}

/** The options of one commit. */
export interface Commit extends Times, Pick<LineOptions, 'attributes'> {
  /**
   * The interface gives a line each time: one that clears even who presented nothing, and that of a ticket which the visitor holds already,
   * where that undoes nothing because it is read again, or where it was `asked` for another look of it.
   */
  readonly always?: boolean | 'asked'
}

/** The same, once the session was told how long it lasts. */
export type Asked = LineOptions & Pick<Commit, 'renews' | 'always'>

/** Tells the session how long it lasts from here on, if the commit says so. */
export function tellLifetime(how: Commit, session: LiveSession, now: () => number): Asked {
  const lasts = lastsOf(how, now)
  if (lasts === undefined) return how
  if (lasts > 0) session.last(lasts)
  else session.restart() // over already
  return { ...how, lasts: true }
}

/** A session may end so many milliseconds too early rather than be given a new id. */
const TOLERANCE = 60_000

/** Milliseconds from now. A time that is none must not end a session in silence: `BAD_OPTIONS`. */
function lastsOf({ maxAge, expires }: Times, now: () => number): number | undefined {
  const given = maxAge ?? expires ?? undefined
  if (given === undefined) return undefined
  const lasts = given instanceof Date ? +given - now() : typeof given === 'number' ? given * 1000 : Number.NaN
  if (!Number.isNaN(lasts)) return Math.min(Math.ceil(lasts), LONGEST_LIFE)
  const option = Object.is(given, maxAge) ? 'maxAge' : 'expires'
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
  readonly persistence: Persistence
}

/**
 * The change set, with the change of the session's lifetime added. `isAsked`: the application commits with each request, and counts on the
 * cookie that it is given.
 */
export function timed(changeSet: ChangeSet, loaded: LoadedSession | undefined, core: Core, isAsked: boolean): ChangeSet {
  const { engine, persistence } = core
  const { lasts, ...changes } = changeSet.changes
  if (changeSet.move || changeSet.ended || !loaded) return changeSet
  const now = engine.now()
  const policy = policyOf(lasts === undefined ? loaded.contents : { lasts }, engine.policy)
  const mayRenew = isAsked && (lasts !== undefined || rolls(loaded.contents, engine.policy))
  const renews = mayRenew && (loaded.migrates || loaded.isUndated || renewalIsDue(loaded.lifetime, policy, now)) === true
  if (loaded.migrates) return { ...changeSet, renews }
  // A session that is to last longer than it can goes on as a new one, with room for as long again: the end of a record is fixed.
  const missing = Math.min(now + policy.idle, policy.until ?? Number.POSITIVE_INFINITY) - loaded.lifetime.endsAt
  const isFixed = policy.fixed || persistence.kind === 'custom'
  if ((lasts !== undefined || renews) && !isFixed && missing > TOLERANCE)
    return { ...changeSet, move: { kind: 'regenerate', anew: true } }
  // The same time again: a line each time would undo what a parallel sign-in has just sent.
  const isNews = renews || lasts !== loaded.contents.lasts || slides(loaded, core)
  return { ...changeSet, renews, ...(!isNews && { changes }) }
}

/** How the request ended the session that it ended. */
export function endReason({ move }: ChangeSet, { isOver }: LiveSession): EndReason {
  if (move?.kind === 'signIn') return 'replaced'
  return isOver ? 'destroyed' : 'signed-out'
}

/** Whether a request that changed nothing should still move the session's idle end. */
export function slides(loaded: LoadedSession, { engine, persistence }: Core): boolean {
  const { policy, now } = engine
  if (loaded.isUndated && rolls(loaded.contents, policy)) return true
  // The rows of an application say when they end, and not when they were seen.
  if (persistence.kind === 'custom' && policy.rolls === undefined) return false
  return slideIsDue(loaded.lifetime, policyOf(loaded.contents, policy), now())
}
