import { serialize } from 'cookie-es'
import { SessionError } from '../errors.ts'
import { LONGEST } from './scan.ts'

export type SameSite = 'lax' | 'strict' | 'none'

/** How a browser keeps a cookie (RFC 6265bis 4.1.2). */
export interface CookieAttributes {
  readonly path?: string
  readonly domain?: string
  readonly sameSite?: SameSite
  readonly secure?: boolean
  readonly partitioned?: boolean
  readonly httpOnly?: boolean
  /** Seconds from when the browser gets the cookie, at most 34560000 (400 days); left out: until the browser closes. */
  readonly maxAge?: number
  readonly expires?: Date
}

/** The fault of a cookie: the option, the rest of a sentence that begins with the option, and what to do. */
export interface CookieFault {
  readonly option: string
  readonly what: string
  readonly fix: string
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
const PATH = /^\/[!-:<-~]*$/
const DOMAIN = /^\.?[a-z\d]([a-z\d-]{0,61}[a-z\d])?(\.[a-z\d]([a-z\d-]{0,61}[a-z\d])?)*$/i
/** Seconds: browsers keep no cookie longer than 400 days (RFC 6265bis 5.5). */
export const LONGEST_AGE: number = 400 * 86_400
const YEAR_10000 = 253_402_300_800_000

const FLAG = 'Use true or false.'
const UNPREFIXED = 'or take a cookie.name without this prefix.'

/** The first fault of this cookie that a browser would refuse, ignore or misread (RFC 6265bis 4.1 and 5.7), or `undefined`. */
export function cookieFault(name: string, attributes: CookieAttributes): CookieFault | undefined {
  const { path, domain, sameSite = 'lax', maxAge = 0, expires = new Date(0) } = attributes
  const { secure = false, partitioned = false, httpOnly = false } = attributes
  // Browsers match prefixes whatever their case, so that no server is fooled that does.
  const prefix = /^__(secure|http|host(-http)?)-/i.exec(typeof name === 'string' ? name : '')?.[1]?.toLowerCase() ?? ''
  const host = prefix.startsWith('host')
  const rules: readonly (readonly [option: string, value: unknown, holds: boolean, fix: string])[] = [
    ['name', name, isText(name, TOKEN, 4096), 'Use letters, digits, "-", "_" and ".".'],
    ['path', path, path === undefined || isText(path, PATH, 1024), 'Use "/…", 1024 visible ASCII characters or less, no ";".'],
    ['domain', domain, domain === undefined || isText(domain, DOMAIN, 254), 'Use a host name such as "example.com", or none.'],
    ['sameSite', sameSite, ['lax', 'strict', 'none'].includes(sameSite), 'Use "lax", "strict" or "none".'],
    ['secure', secure, typeof secure === 'boolean', FLAG],
    ['partitioned', partitioned, typeof partitioned === 'boolean', FLAG],
    ['httpOnly', httpOnly, typeof httpOnly === 'boolean', FLAG],
    ['maxAge', maxAge, Number.isInteger(maxAge) && maxAge >= 0 && maxAge <= LONGEST_AGE, 'Use whole seconds, at most 400 days.'],
    // A browser reads years of at most four digits (RFC 6265bis 5.1.1).
    ['expires', expires, expires instanceof Date && +expires >= 0 && +expires < YEAR_10000, 'Use a Date from 1970 to 9999.'],
    ['secure', secure, secure || !(partitioned || sameSite === 'none'), 'Partitioned and SameSite=None demand true.'],
    ['secure', secure, secure || !prefix, `Use true, ${UNPREFIXED}`],
    ['domain', domain, !host || domain === undefined, `Leave it out, ${UNPREFIXED}`],
    ['path', path, !host || path === '/', `Use "/", ${UNPREFIXED}`],
    ['httpOnly', httpOnly, httpOnly || !prefix.endsWith('http'), `Use true, ${UNPREFIXED}`],
  ]
  const broken = rules.find(([, , holds]) => !holds)
  if (!broken) return undefined
  const [option, value, , fix] = broken
  const kind = typeof value === 'string' || Object(value) === value ? `this ${typeof value}` : String(value)
  return { option: `cookie.${option}`, what: `cannot be ${kind}`, fix }
}

function isText(value: unknown, form: RegExp, longest: number): boolean {
  return typeof value === 'string' && value.length <= longest && form.test(value)
}

/** `cookie-octet`s of RFC 6265bis 4.1.1. A leading "~" is kept for the head of a value in several pieces. */
export const VALUE: RegExp = /^(?!~)[!#-+\--:<-[\]-~]*$/

/** A Set-Cookie line. Throws `BAD_OPTIONS` for a cookie that `cookieFault` refuses. */
export function setCookie(name: string, value: string, attributes: CookieAttributes): string {
  const fault = cookieFault(name, attributes)
  if (fault) throw new SessionError('BAD_OPTIONS', `The option \`${fault.option}\` ${fault.what}.`, { fix: fault.fix })
  return serialize(name, value, { ...attributes, encode: (text) => text })
}

/**
 * Writes the lines of one cookie: its attributes, but for Max-Age, are checked and written out once. undefined for a value that one cookie
 * does not carry as it is.
 */
export function lineWriter(name: string, attributes: CookieAttributes): (value: string, maxAge?: number) => string | undefined {
  let rest: string | undefined
  const { maxAge: always, ...others } = attributes
  return (value, maxAge = always) => {
    if (!VALUE.test(value) || name.length + value.length > LONGEST) return undefined
    if (maxAge !== undefined && !(Number.isInteger(maxAge) && maxAge >= 0 && maxAge <= LONGEST_AGE))
      return setCookie(name, value, { ...attributes, maxAge }) // which says what is wrong
    rest ??= setCookie(name, '', others).slice(name.length + 1)
    return maxAge === undefined ? `${name}=${value}${rest}` : `${name}=${value}; Max-Age=${maxAge}${rest}`
  }
}
