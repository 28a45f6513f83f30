import { clockOf } from '../../../clock.ts'
import {
  type AdapterSessions,
  adapterOf,
  type DeviceBoundOption,
  rollingPolicy,
  type SharedOptions,
  sessionsOf,
  sharedOptions,
} from '../../../core/adapter.ts'
import { checkKinds, SessionError } from '../../../errors.ts'
import { type Verifier, valuesInCookie } from '../../../migrate/keygrip.ts'
import { engineCookie, type LineOptions } from '../koa/line.ts'

/** The options of cookie-session, and those of the engine. */
export interface CookieSessionOptions extends SharedOptions, DeviceBoundOption, LineOptions {
  /** The cookie's name. Default `session`. */
  name?: string | undefined
  /** Newest first: the first writes, all of them read. A Keygrip reads the cookies of cookie-session; ours then need `secrets`. */
  keys?: readonly string[] | Verifier | undefined
  /** One key, where there are no `keys`. */
  secret?: string | undefined
  /** Whether the cookies of cookie-session were signed. Ours always need keys. Default true. */
  signed?: boolean | undefined
  /** Accepted, and without effect: a response has one cookie of this name at most. */
  overwrite?: boolean | undefined
  /** Milliseconds since the session was last changed after which it ends. Default: when the browser closes. */
  maxAge?: number | undefined
  /** Newest first. Default: `keys`, which must be a list then. */
  secrets?: string | readonly string[] | undefined
  /** Seconds since a session without `maxAge` was last used after which it ends. Default 7 days. */
  idleTimeout?: number | undefined
  /** Seconds since a session began after which it ends, however often it is used. Default: none (400 days). */
  absoluteTimeout?: number | undefined
}

const DAY = 86_400
const LONGEST = 400 * DAY
const WEEK = 7 * DAY

/** What the middleware needs to know. */
export interface Setup {
  readonly name: string
  readonly options: CookieSessionOptions
  readonly adapter: AdapterSessions
  /** Seconds that a session lasts whose cookie says this. */
  lastsOf(options: LineOptions): number
  now(): number
}

export function setupOf(given: CookieSessionOptions): Setup {
  const { name = 'session', secret, keys = secret ? [secret] : undefined, maxAge, signed = true } = given
  checkKinds(given, {
    name: 'text',
    secret: 'text',
    signed: 'true or false',
    overwrite: 'true or false',
    httpOnly: 'true or false',
  })
  const secrets = given.secrets ?? (Array.isArray(keys) ? (keys as string[]) : undefined)
  if (!secrets && !keys) throw new Error('.keys required.')
  if (!secrets) {
    throw new SessionError('BAD_OPTIONS', 'The option `keys` is a Keygrip, which does not tell its keys.', {
      fix: 'Give the option `secrets` too, newest first, or give `keys` as a list.',
    })
  }
  if (maxAge !== undefined && maxAge !== null && !(maxAge >= 0 && maxAge <= LONGEST * 1000)) {
    throw new SessionError('BAD_OPTIONS', 'The option `maxAge` is no time that a session can last.', {
      fix: 'Give milliseconds up to 400 days, or leave it out.',
    })
  }
  const now = clockOf(given.now)
  const { absoluteTimeout = LONGEST, idleTimeout = WEEK, migrateFrom = [] } = given
  const lasts = Math.min(maxAge ? Math.ceil(maxAge / 1000) : idleTimeout, absoluteTimeout)
  const old = valuesInCookie('cookie-session', name, signed ? (keys ?? [secrets].flat()) : undefined)
  const sessions = sessionsOf(
    {
      ...sharedOptions(given),
      secrets,
      secretRule: 'warn',
      ...engineCookie(name, given, given, Boolean(maxAge)),
      // The adapter writes the line: it depends on `req.sessionOptions`.
      migrateFrom: [old, ...migrateFrom],
      idleTimeout: lasts,
      absoluteTimeout,
    },
    {
      policy: {
        ...rollingPolicy({ idle: lasts, absolute: absoluteTimeout, fixed: given.absoluteTimeout !== undefined, rolls: lasts }),
        movesByChange: Boolean(maxAge),
      },
    },
  )
  return {
    name,
    options: { ...given, httpOnly: given.httpOnly ?? true, overwrite: given.overwrite ?? true, signed },
    adapter: adapterOf(sessions),
    lastsOf: ({ maxAge: age, expires }) =>
      typeof age === 'number' && age !== 0 ? age / 1000 : expires ? (expires.getTime() - now()) / 1000 : idleTimeout,
    now,
  }
}
