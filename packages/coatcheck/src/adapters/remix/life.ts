import { LONGEST_AGE } from '../../cookies/cookie.ts'
import { type AdapterOptions, checkedOptions, type Policy, rollingPolicy } from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import type { CookieSerializeOptions } from './line.ts'
import { ageOf } from './line.ts'

const MONTH = 30 * 86_400

/** The options for the lifetime of sessions, besides those of the cookie. */
type Times = Pick<AdapterOptions, 'idleTimeout' | 'absoluteTimeout'>

interface Life extends Required<Times> {
  readonly policy: Policy
}

/**
 * How long sessions live: as their cookie, which says `maxAge`, or else `expires`; each commit begins that anew, in the record too. Only an
 * `absoluteTimeout` that is stated ends them however often they are committed. A cookie that is over, as with `maxAge: 0`, makes sessions
 * that are over at once. Throws `BAD_OPTIONS` for what is no time.
 */
export function lifeOf(cookie: CookieSerializeOptions, { idleTimeout, absoluteTimeout }: Times): Life {
  checkedOptions({ idleTimeout, absoluteTimeout })
  const { maxAge, expires } = cookie
  if (expires && !Number.isFinite(+expires)) {
    throw new SessionError('BAD_OPTIONS', 'The option `cookie.expires` is no date.', {
      fix: 'Give a valid Date, or leave it out.',
    })
  }
  ageOf(cookie)
  const says = maxAge !== undefined || expires !== undefined
  const absolute = absoluteTimeout ?? (says ? LONGEST_AGE : MONTH)
  const idle = idleTimeout ?? absolute
  const age = maxAge === undefined ? absolute : Math.min(Math.max(0, Math.ceil(maxAge)), LONGEST_AGE)
  return {
    absoluteTimeout: absolute,
    idleTimeout: idle,
    policy: {
      ...rollingPolicy({
        idle: Math.min(age, idle),
        absolute,
        fixed: absoluteTimeout !== undefined,
        rolls: says ? age : undefined,
      }),
      ...(maxAge === undefined && expires && { until: Math.max(0, Math.floor(+expires)) }),
    },
  }
}
