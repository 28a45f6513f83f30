import { type FaceOptions, type FaceSessions, faceOf, sessionsFor, sessionsOf } from '../../core/face.ts'
import type { ForeignReader } from '../../foreign/format.ts'
import type { CookieAttributes, SameSite } from '../../ticket/cookie.ts'
import { type CookieOptions, lastingOf, WEEK } from './config.ts'
import { upstreamLine } from './wire.ts'

const DAY = 86_400
/** Browsers keep no cookie longer (RFC 6265bis 5.5). */
const LONGEST = 400 * DAY

/** Where sessions are kept. */
export type Place = Pick<FaceOptions, 'store' | 'keeper' | 'encryptRecords'>

/** What a configuration says, without what may be another object each time that it is evaluated. */
interface Told extends Omit<CookieOptions, 'foreign' | 'expires'> {
  readonly name: string
  readonly key: readonly unknown[]
  readonly formats: readonly unknown[]
  readonly readers: () => readonly ForeignReader[]
  readonly line: (name: string, value: string) => string
}

/**
 * The sessions of a cookie. Hydrogen evaluates its configuration anew for each request: the same words make the same sessions. `key`
 * tells apart where they are kept, which `place` makes.
 */
export function sessionsWith(
  [kind, ...key]: readonly [kind: string, ...key: unknown[]],
  name: string,
  options: CookieOptions,
  place: (options: Pick<CookieOptions, 'wire' | 'now'>) => Place,
): FaceSessions {
  const { foreign = [], expires: _, ...rest } = options
  const formats = foreign.map(({ format, cookieName, attributes }) => [format, cookieName, attributes])
  const line = (key: string, value: string): string => upstreamLine(key, value, options)
  const told: Told = { ...rest, name, key, formats, readers: () => foreign, line }
  return faceOf(
    sessionsFor(`hydrogen ${kind}`, told, (latest) => sessionsOf({ ...faceOptions(latest, foreign), ...place(latest) })),
  )
}

function faceOptions({ line, readers, ...told }: Told, foreign: readonly ForeignReader[]): FaceOptions {
  const { maxAge = WEEK } = lastingOf(told)
  const { name, secrets, absoluteTimeout, storeTimeout, whenStoreDown, foreignUntil, now, onEvent } = told
  const absolute = absoluteTimeout ?? Math.min(Math.max(Math.ceil(maxAge), 30 * DAY), LONGEST)
  return {
    secrets,
    secretRule: 'warn',
    cookie: { name },
    attributes: attributesOf(told),
    absoluteTimeout: absolute,
    idleTimeout: Math.min(Math.max(Math.ceil(maxAge), 1), absolute),
    // The readers themselves may be others each time.
    foreign: foreign.map((first, at) => ({
      ...first,
      read: (value, request) => (readers()[at] ?? first).read(value, request),
      accepts: (values) => readers()[at]?.accepts?.(values) ?? true,
    })),
    ...(told.wire && { serialize: line }),
    ...(foreignUntil !== undefined && { foreignUntil }),
    ...(storeTimeout !== undefined && { storeTimeout }),
    ...(whenStoreDown && { whenStoreDown }),
    ...(now && { now }),
    ...(onEvent && { onEvent }),
  }
}

function attributesOf({ secure, sameSite, samesite, path = '/', domain }: CookieOptions): CookieAttributes {
  const site = (sameSite ?? samesite ?? 'lax').toLowerCase() as SameSite
  return {
    httpOnly: true,
    sameSite: site,
    secure: secure === true || site === 'none',
    path,
    ...(domain !== undefined && { domain }),
  }
}
