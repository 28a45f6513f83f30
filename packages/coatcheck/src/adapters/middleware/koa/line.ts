import { CookieTooLong } from '../../../cookies/cookie.ts'
import type { HeaderLine, HeadersOut } from '../../../core/adapter.ts'

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

const isOf = (name: string, line: string): boolean => line.startsWith(`${name}=`)

/** The value that the lines of the engine give a cookie; empty: it is taken away. */
export const valueIn = (lines: readonly HeaderLine[], name: string): string | undefined =>
  lines.findLast(([, line]) => isOf(name, line))?.[1].slice(name.length + 1)

/** Takes the lines of this cookie from a response. */
export function withoutLines(headers: HeadersOut, name: string): void {
  const others = headers.getSetCookie().filter((line) => !isOf(name, line))
  headers.delete('set-cookie')
  for (const line of others) headers.append('set-cookie', line)
}

/** The request that a cookie answers. */
export interface Came {
  readonly cookies: string | readonly string[] | undefined
  readonly isSecure: boolean
  readonly now: number
}

/** Puts the cookie on a response, and takes away the signature that another library kept beside its own (`<name>.sig`). */
export function putLine(headers: HeadersOut, name: string, value: string, options: LineOptions, came: Came): void {
  const { cookies = '', isSecure, now } = came
  headers.append('set-cookie', lineOf(name, value, options, isSecure, now))
  const signature = `${name}.sig`
  if ([cookies].flat().join(';').includes(`${signature}=`))
    headers.append('set-cookie', lineOf(signature, '', options, isSecure, now))
}

export const NOT_ENCRYPTED = 'Cannot send secure cookie over unencrypted connection'
