import { type CookieAttributes, LONGEST_AGE, type SameSite } from '../../cookies/cookie.ts'
import {
  type AdapterOptions,
  type AdapterSessions,
  type AnySessions,
  adapterOf,
  sessionsFor,
  sessionsOf,
  sharedOptions,
  warnOfPlainHttp,
} from '../../core/adapter.ts'
import { type CookieOptions, lastingOf, WEEK } from './config.ts'
import { upstreamLine } from './upstream.ts'

const DAY = 86_400

/** Where sessions are kept. */
export type Place = Pick<AdapterOptions, 'store' | 'persistence' | 'encryptRecords'>

/** The options of a configuration. */
interface Told extends CookieOptions {
  readonly name: string
  /** The key that tells places of sessions apart. */
  readonly key: readonly unknown[]
}

/**
 * The sessions of a cookie. Hydrogen evaluates its configuration anew for each request: the same words, and the same functions and other
 * objects, make the same sessions. `key` tells apart where they are kept, which `place` makes.
 */
export function sessionsWith(
  [kind, ...key]: readonly [kind: string, ...key: unknown[]],
  name: string,
  { expires, ...options }: CookieOptions,
  place: (options: Pick<CookieOptions, 'format' | 'now'>) => Place,
): AdapterSessions {
  // A date that is another one each time matters to the lines of `format` only: each commit says it else.
  const told: Told = { ...options, ...(options.format && expires && { expires }), name, key }
  return adapterOf(sessionsFor(`hydrogen ${kind}`, told, (copy) => sessionsWithin(copy, place(copy))))
}

function sessionsWithin(told: Told, place: Place): AnySessions {
  const { absoluteTimeout, idleTimeout, ...options } = adapterOptions(told)
  const policy = { absolute: absoluteTimeout * 1000, idle: idleTimeout * 1000, fixed: told.absoluteTimeout !== undefined }
  return sessionsOf({ ...options, ...place, absoluteTimeout, idleTimeout }, { policy })
}

function adapterOptions(told: Told): AdapterOptions & { readonly absoluteTimeout: number; readonly idleTimeout: number } {
  const { expires: _, ...others } = told
  const { maxAge = WEEK } = lastingOf(others)
  const { name, secrets, absoluteTimeout } = told
  const absolute = absoluteTimeout ?? Math.min(Math.max(Math.ceil(maxAge), 30 * DAY), LONGEST_AGE)
  return {
    secrets,
    secretRule: 'warn',
    cookie: { name },
    attributes: attributesOf(told),
    absoluteTimeout: absolute,
    idleTimeout: Math.min(Math.max(Math.ceil(maxAge), 1), absolute),
    ...(told.format && { serialize: (key: string, value: string) => upstreamLine(key, value, told) }),
    ...sharedOptions(told),
  }
}

function attributesOf({ name, secure, sameSite, samesite, path = '/', domain }: Told): CookieAttributes {
  const site = (sameSite ?? samesite ?? 'lax').toLowerCase() as SameSite
  if (site !== 'none') warnOfPlainHttp(name, secure)
  return {
    httpOnly: true,
    sameSite: site,
    secure: secure === true || site === 'none',
    path,
    ...(domain !== undefined && { domain }),
  }
}
