import { SessionError } from '../errors.ts'

/** How long a session is to last, said with a commit. */
export interface Times {
  /** Seconds from now, unless it is seen again, until the session ends; from here on this is its own idle time. 0 or less ends it. */
  readonly maxAge?: number
  /** The same as a date; `maxAge` goes before it. */
  readonly expires?: Date
}

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
