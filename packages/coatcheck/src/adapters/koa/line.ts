import { CookieTooLong } from '../../cookies/cookie.ts'

/** The attributes of a cookie, with the names and units of the cookies package, which koa-session and cookie-session hand them to. */
export interface LineOptions {
  /** Milliseconds from now. `session`, or left out: the browser forgets the cookie when it closes. */
  maxAge?: number | 'session' | null | false | undefined
  /** When the cookie ends; `maxAge` goes before it. */
  expires?: Date | undefined
  /** Default `/`. */
  path?: string | undefined
  domain?: string | undefined
  /** Default: whether the connection is encrypted. */
  secure?: boolean | undefined
  /** Default true. */
  httpOnly?: boolean | undefined
  /** True is `strict`. */
  sameSite?: boolean | string | null | undefined
  priority?: string | undefined
  partitioned?: boolean | undefined
}

/** Browsers keep no cookie whose name and value are longer (RFC 6265bis 5.6). */
const LONGEST = 4096

/** For `serialize`: name and value, and nothing else, since the line is completed when the headers leave. Throws `CookieTooLong`. */
export function bareLine(name: string, value: string): string {
  const bytes = name.length + value.length
  if (bytes > LONGEST) throw new CookieTooLong(bytes)
  return `${name}=${value}`
}

/** The Set-Cookie line as the cookies package writes it; without a value, the one that takes the cookie away. */
export function lineOf(name: string, value: string, options: LineOptions, isSecure: boolean, now: number): string {
  const { path = '/', domain, httpOnly = true, sameSite, secure = isSecure, partitioned, priority } = options
  const expires = value === '' ? new Date(0) : endOf(options, now)
  return [
    `${name}=${value}`,
    path && `path=${path}`,
    expires && `expires=${expires.toUTCString()}`,
    domain && `domain=${domain}`,
    priority && `priority=${priority.toLowerCase()}`,
    sameSite && `samesite=${sameSite === true ? 'strict' : sameSite.toLowerCase()}`,
    secure && 'secure',
    httpOnly && 'httponly',
    partitioned && 'partitioned',
  ]
    .filter(Boolean)
    .join('; ')
}

const endOf = ({ maxAge, expires }: LineOptions, now: number): Date | undefined =>
  typeof maxAge === 'number' && maxAge !== 0 ? new Date(now + maxAge) : expires

/** A line of this cookie, and of the signature that the other library kept beside it. */
export const isOf = (name: string, line: string): boolean => line.startsWith(`${name}=`)

export const NOT_ENCRYPTED = 'Cannot send secure cookie over unencrypted connection'
