import { SessionError } from '../../errors.ts'
import type { CookieSerializeOptions } from './line.ts'
import { ageOf, LONGEST_AGE } from './line.ts'

const DAY = 86_400

/** What an application says of how long its sessions live, besides its cookie. */
interface Times {
  readonly idleTimeout?: number
  readonly absoluteTimeout?: number
  readonly now?: () => number
}

interface Life {
  readonly absoluteTimeout: number
  readonly idleTimeout: number
  /** In milliseconds, where it is not the same at all times, or nothing. */
  readonly policy?: { readonly idle: number; readonly absolute: number }
}

/**
 * How long sessions live: no longer than their cookie, which says `maxAge`, or else `expires`. A cookie that is over, as with
 * `maxAge: 0`, makes sessions that are over at once. Throws `BAD_OPTIONS` for what is no time.
 */
export function lifeOf(cookie: CookieSerializeOptions, { idleTimeout, absoluteTimeout, now = Date.now }: Times): Life {
  const { maxAge, expires } = cookie
  const isOver = ageOf(cookie) !== undefined && (maxAge ?? 0) <= 0
  if (expires && !Number.isFinite(+expires)) {
    throw new SessionError('BAD_OPTIONS', 'The option `cookie.expires` is no date.', {
      fix: 'Give a valid Date, or leave it out.',
    })
  }
  const aged = maxAge === undefined || isOver ? [] : [Math.min(Math.ceil(maxAge), LONGEST_AGE)]
  const said = [...aged, ...(absoluteTimeout === undefined ? [] : [absoluteTimeout])]
  const absolute = said.length > 0 ? Math.min(...said) : 30 * DAY
  const life = { absoluteTimeout: absolute, idleTimeout: idleTimeout ?? absolute }
  if (!isOver && (maxAge !== undefined || !expires)) return life
  const left = (): number => (isOver ? 0 : Math.max(0, +(expires ?? 0) - now()))
  return {
    ...life,
    policy: {
      get absolute() {
        return Math.min(life.absoluteTimeout * 1000, left())
      },
      get idle() {
        return Math.min(life.idleTimeout * 1000, left())
      },
    },
  }
}
