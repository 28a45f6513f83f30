import { type CookieAttributes, CookieTooLong, type SameSite } from '../../../cookies/cookie.ts'
import type { AdapterOptions, DeviceBoundOption, HeaderLine, HeadersOut } from '../../../core/adapter.ts'

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

/** What is used of the options of a cookie here. */
interface Placed {
  readonly path?: string | null | undefined
  readonly domain?: string | null | undefined
  readonly sameSite?: boolean | string | null | undefined
}

const SITES: Readonly<Record<string, SameSite>> = { strict: 'strict', lax: 'lax', none: 'none' }

type EngineCookie = Pick<AdapterOptions, 'attributes' | 'cookie' | 'deviceBound' | 'serialize'>

/**
 * The engine's cookie for adapters that write the line themselves, when the headers leave: it has a value and no look, and attributes that fit a
 * name with a prefix. A browser that registers gets lines of the engine: there, and for the cookie of the device, `placed` counts. `lasts`: the
 * session's cookie has an end.
 */
export function engineCookie(
  name: string,
  { deviceBound }: DeviceBoundOption,
  { path, domain, sameSite }: Placed = {},
  lasts = false,
): EngineCookie {
  const own = { path: '/', httpOnly: true, secure: true }
  if (!deviceBound) return { cookie: { name, persistent: false }, attributes: own, serialize: bareLine }
  const site = sameSite === true ? 'strict' : SITES[String(sameSite).toLowerCase()]
  const where: CookieAttributes = { ...(path && { path }), ...(domain && { domain }), ...(site && { sameSite: site }) }
  return { deviceBound, cookie: { name, persistent: lasts }, attributes: { ...own, ...where } }
}

/** Browsers keep no cookie whose name and value are longer (RFC 6265bis 5.6). */
const LONGEST = 4096

/** Name and value, and nothing else. Throws `CookieTooLong`. */
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
  lines
    .findLast(([, line]) => isOf(name, line))?.[1]
    .slice(name.length + 1)
    .split(';', 1)[0]

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
