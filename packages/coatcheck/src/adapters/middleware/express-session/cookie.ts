import { clockOf } from '../../../clock.ts'
import type { Http } from './http.ts'

/** The attributes of the cookie, with express-session's names and units. */
export interface CookieOptions {
  /** Milliseconds from the last use of the session until it ends. Default: the browser forgets the cookie when it closes. */
  maxAge?: number | null | undefined
  /** When the cookie ends; `maxAge` goes before it. */
  expires?: Date | null | undefined
  /** Default true. */
  httpOnly?: boolean | undefined
  /** Default `/`. The session is not there below other paths. */
  path?: string | undefined
  domain?: string | undefined
  /** `auto`: as the connection of each request. Default false. */
  secure?: boolean | 'auto' | undefined
  /** True is `strict`. `auto`: `none` over HTTPS, else `lax`. */
  sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined
  partitioned?: boolean | undefined
  priority?: 'low' | 'medium' | 'high' | undefined
  originalMaxAge?: number | null | undefined
}

/** What a cookie says of itself, as express-session keeps it beside the values. */
export interface CookieData {
  originalMaxAge: number | null
  partitioned: boolean | undefined
  priority: CookieOptions['priority']
  expires: Date | null | undefined
  secure: boolean | 'auto' | undefined
  httpOnly: boolean | undefined
  domain: string | undefined
  path: string | undefined
  sameSite: CookieOptions['sameSite']
}

const now = clockOf(undefined)

/** `req.session.cookie`: assigning `maxAge` or `expires` says how long the session lasts from here on. */
export class Cookie {
  path: string | undefined = '/'
  httpOnly: boolean | undefined = true
  secure: boolean | 'auto' | undefined
  domain: string | undefined
  sameSite: CookieOptions['sameSite']
  partitioned: boolean | undefined
  priority: CookieOptions['priority']
  originalMaxAge: number | null = null
  #expires: Date | null | undefined = null
  readonly #now: () => number

  constructor(options: CookieOptions = {}, clock: () => number = now) {
    this.#now = clock
    if (typeof options !== 'object') throw new TypeError('argument options must be a object')
    const { maxAge, expires, originalMaxAge, ...attributes } = options as CookieOptions & { data?: unknown }
    delete attributes.data
    Object.assign(this, attributes)
    if (expires !== undefined) this.expires = expires
    if (maxAge !== undefined) this.maxAge = maxAge
    if (originalMaxAge !== undefined && originalMaxAge !== null) this.originalMaxAge = originalMaxAge
  }

  get expires(): Date | null | undefined {
    return this.#expires
  }
  set expires(date: Date | null | undefined) {
    this.#expires = date
    this.originalMaxAge = this.maxAge ?? null
  }

  /** Milliseconds from now. */
  get maxAge(): number | null | undefined {
    return this.#expires instanceof Date ? this.#expires.valueOf() - this.#now() : this.#expires
  }
  set maxAge(ms: number | Date | null | undefined) {
    if (ms && typeof ms !== 'number' && !(ms instanceof Date)) throw new TypeError('maxAge must be a number or Date')
    this.expires = typeof ms === 'number' ? new Date(this.#now() + ms) : ms
    if (typeof ms === 'number') this.originalMaxAge = ms
  }

  get data(): CookieData {
    const { originalMaxAge, partitioned, priority, expires, secure, httpOnly, domain, path, sameSite } = this
    return { originalMaxAge, partitioned, priority, expires, secure, httpOnly, domain, path, sameSite }
  }

  toJSON(): CookieData {
    return this.data
  }

  /** The Set-Cookie line for this value. */
  serialize(name: string, value: string): string {
    const { path, domain, expires, httpOnly, secure, partitioned, priority, sameSite } = this
    const site = sameSite === true ? 'strict' : sameSite === false ? undefined : sameSite
    const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
    return [
      `${name}=${encodeURIComponent(value)}`,
      domain && `Domain=${domain}`,
      path && `Path=${path}`,
      expires && `Expires=${expires.toUTCString()}`,
      httpOnly && 'HttpOnly',
      secure && 'Secure',
      partitioned && 'Partitioned',
      priority && `Priority=${capital(priority)}`,
      site && `SameSite=${capital(site)}`,
    ]
      .filter(Boolean)
      .join('; ')
  }
}

/** A cookie for one request: `auto` depends on its connection. */
export function cookieFor(options: CookieOptions, isHttps: boolean, clock: () => number): Cookie {
  const cookie = new Cookie(options, clock)
  if (options.secure === 'auto') cookie.secure = isHttps
  if (options.sameSite === 'auto') cookie.sameSite = isHttps ? 'none' : 'lax'
  return cookie
}

/** Whether a request came over HTTPS, as far as `proxy` lets anybody know. */
export function isHttps(req: Http, proxy: boolean | undefined): boolean {
  const { socket, connection } = req as { [name in 'socket' | 'connection']?: { readonly encrypted?: boolean } }
  if (socket?.encrypted || connection?.encrypted) return true
  if (proxy === false) return false
  if (proxy !== true) return req.secure === true
  const forwarded = [req.headers['x-forwarded-proto'] ?? ''].flat()[0] ?? ''
  return forwarded.split(',')[0]?.trim().toLowerCase() === 'https'
}
