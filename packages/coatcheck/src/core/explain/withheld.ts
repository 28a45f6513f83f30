import type { CookieAttributes } from '../../cookies/attributes.ts'
import type { ArrivingCode } from './arriving.ts'
import { isLoopback, type Place } from './place.ts'

/** The cookie as it is given out. */
export interface GivenCookie {
  readonly name: string
  readonly attributes: CookieAttributes
}

/**
 * Why a browser that has this cookie does not send it along with this request (RFC 6265bis 5.8.3; Fetch, for what scripts ask). undefined: it
 * would.
 */
export function withheld(
  { name, attributes }: GivenCookie,
  { scheme, host, path, method = 'GET' }: Place,
  header: (name: string) => string | undefined,
): ArrivingCode | undefined {
  const { secure, domain, path: below = '/', sameSite = 'lax', partitioned } = attributes
  const [site, mode, dest] = [header('sec-fetch-site'), header('sec-fetch-mode'), header('sec-fetch-dest')]
  // Browsers send Sec-Fetch-Site to addresses they trust only: then a proxy in between has the https.
  if (secure && scheme === 'http' && !isLoopback(host) && site === undefined)
    return /^__/.test(name) ? 'prefix-over-http' : 'secure-over-http'
  if (domain !== undefined && host !== undefined && !isWithin(host, domain.toLowerCase().replace(/^\./, '')))
    return 'domain-mismatch'
  if (path !== undefined && !isBelow(path, below)) return 'path-mismatch'
  if (site === 'cross-site') {
    const arrives = mode === 'navigate' && (dest ?? 'document') === 'document'
    const isSafe = /^(?:GET|HEAD|OPTIONS|TRACE)$/.test(method)
    if (sameSite === 'strict' || (sameSite === 'lax' && !(arrives && isSafe))) return 'same-site'
    if (mode === 'cors') return 'no-credentials'
    if (!arrives && !partitioned) return 'third-party'
  }
  return site === 'same-site' && mode === 'cors' ? 'no-credentials' : undefined
}

/** RFC 6265bis 5.1.3: an address has nothing within it. */
const isWithin = (host: string, domain: string): boolean =>
  host === domain || (host.endsWith(`.${domain}`) && !/^[\d.]+$/.test(host))

/** RFC 6265bis 5.1.4. */
const isBelow = (path: string, below: string): boolean =>
  path === below || (path.startsWith(below) && (below.endsWith('/') || path[below.length] === '/'))
