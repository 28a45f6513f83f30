import { serialize } from 'cookie-es'
import { clockOf } from '../../clock.ts'
import type { CookieAttributes } from '../../cookies/cookie.ts'
import { SessionError } from '../../errors.ts'

/** Of the values of h3 2's cookies, and how many of them it puts together. */
const LONGEST = 4000
const MOST = 100
/** Browsers drop a longer cookie whole (RFC 6265bis 5.6). */
const BROWSERS = 4096

/** Writes cookies as h3 does: version 2 in pieces where one cookie does not hold the value, version 1 in one. */
export function upstreamCookie(version: 1 | 2, clock?: () => number) {
  const now = clockOf(clock)
  return (name: string, value: string, { maxAge, ...attributes }: CookieAttributes): string[] => {
    const expires = maxAge === undefined ? {} : { expires: new Date(now() + maxAge * 1000) }
    const line = (each: string, text: string, more: CookieAttributes = {}): string =>
      serialize(each, text, { ...attributes, ...more, encode: (same) => same })
    if (value === '') return [line(name, '', version === 1 ? {} : { maxAge: 0 })]
    const parts = value.match(new RegExp(`.{1,${LONGEST}}`, 'g')) ?? []
    if (version === 2 && parts.length > 1 && parts.length <= MOST) {
      return [`__chunked__${parts.length}`, ...parts].map((part, at) => line(at === 0 ? name : `${name}.${at}`, part, expires))
    }
    if (name.length + value.length > BROWSERS) {
      throw new SessionError('COOKIE_TOO_LARGE', `The session does not fit into a cookie of h3: ${value.length} bytes.`)
    }
    return [line(name, value, expires)]
  }
}
