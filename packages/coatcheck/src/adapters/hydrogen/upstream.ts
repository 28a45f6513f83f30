import { clockOf } from '../../clock.ts'
import { CookieTooLong } from '../../cookies/cookie.ts'
import { type CookieOptions, endOf, lastingOf } from './config.ts'

/** Browsers drop a longer cookie whole (RFC 6265bis 5.6). */
const BROWSERS = 4096

/**
 * Writes a cookie's line as Hydrogen does: attributes by their lower-case names only, and always an end. An empty value clears. Throws
 * `CookieTooLong`, which Hydrogen does not.
 */
export function upstreamLine(name: string, value: string, options: CookieOptions): string {
  const { now, domain, path, samesite, secure, httponly, maxage } = options
  const { maxage: _, ...documented } = options
  const end = value === '' ? 0 : endOf(lastingOf(documented), clockOf(now)())
  const bytes = name.length + value.length
  if (bytes > BROWSERS) throw new CookieTooLong(bytes)
  return [
    `${name}=${value}`,
    `Expires=${new Date(end).toUTCString()}`,
    ...(maxage !== undefined && maxage >= 0 ? [`Max-Age=${Math.trunc(maxage)}`] : []),
    ...(domain ? [`Domain=${domain}`] : []),
    ...(path ? [`Path=${path}`] : []),
    ...(samesite ? [`SameSite=${samesite}`] : []),
    ...(secure || samesite === 'None' ? ['Secure'] : []),
    ...(httponly ? ['HttpOnly'] : []),
  ].join('; ')
}
