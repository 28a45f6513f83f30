import type { LiveSession } from '../../../core/adapter.ts'
import { COOKIE } from '../express-session/values.ts'

/** The attributes of the cookie, with the names and units of @fastify/session. */
export interface CookieOptions {
  /** Milliseconds from the last response of the session until it ends. Default: the browser forgets the cookie when it closes. */
  maxAge?: number | null | undefined
  /** When the cookie ends; `maxAge` goes before it. */
  expires?: Date | null | undefined
  /** Default true. */
  httpOnly?: boolean | undefined
  /** Default `/`. The session is not there below other paths. */
  path?: string | undefined
  domain?: string | null | undefined
  /** `auto`: as the connection of each request, and over HTTP with `SameSite=Lax`. Default true. */
  secure?: boolean | 'auto' | null | undefined
  /** True is `strict`. */
  sameSite?: boolean | 'lax' | 'strict' | 'none' | null | undefined
  partitioned?: boolean | undefined
}

/** What a cookie says of itself. */
export interface CookieData {
  expires: Date | null
  originalMaxAge: number | null
  originalExpires: Date | undefined
  sameSite: CookieOptions['sameSite']
  secure: CookieOptions['secure']
  path: string
  httpOnly: boolean
  domain: string | null
  partitioned: boolean | undefined
}

/** `request.session.cookie`: assigning `maxAge` or `expires` says how long the session lasts from here on. */
export class Cookie {
  path: string
  secure: CookieOptions['secure']
  sameSite: CookieOptions['sameSite']
  domain: string | null
  httpOnly: boolean
  partitioned: boolean | undefined
  originalMaxAge: number | null = null
  originalExpires: Date | undefined
  expires: Date | null = null
  readonly #now: () => number

  constructor(options: CookieOptions, isHttps: boolean, now: () => number) {
    this.#now = now
    this.path = options.path || '/'
    this.secure = options.secure ?? null
    this.sameSite = options.sameSite || null
    this.domain = options.domain || null
    this.httpOnly = options.httpOnly ?? true
    this.partitioned = options.partitioned
    if (options.expires) this.originalExpires = new Date(options.expires)
    if (options.maxAge) this.maxAge = options.maxAge
    else if (options.expires) this.expires = new Date(options.expires)
    if (this.secure !== 'auto') return
    this.secure = isHttps
    if (!isHttps) this.sameSite = 'lax'
  }

  /** Milliseconds from now. */
  get maxAge(): number | null {
    return this.expires instanceof Date ? this.expires.valueOf() - this.#now() : null
  }
  set maxAge(ms: number) {
    this.expires = new Date(this.#now() + ms)
    this.originalMaxAge = ms
  }

  toJSON(): CookieData {
    const { expires, originalMaxAge, originalExpires, sameSite, secure, path, httpOnly, domain, partitioned } = this
    return { expires, originalMaxAge, originalExpires, sameSite, secure, path, httpOnly, domain, partitioned }
  }
}

/** What the cookies of a site have in common. */
export interface CookieSetup {
  readonly cookie: CookieOptions
  /** Milliseconds that a session lasts whose cookie says nothing. */
  readonly idle: number
  now(): number
}

/** The cookie of one request's session: that of the options, with what the session itself says otherwise. */
export class VisitCookie {
  readonly #setup: CookieSetup
  readonly #isHttps: boolean
  readonly #live: LiveSession
  #options: CookieOptions

  constructor(setup: CookieSetup, isHttps: boolean, live: LiveSession) {
    this.#setup = setup
    this.#isHttps = isHttps
    this.#live = live
    this.#options = setup.cookie
  }

  /** Of the session that the request has now. */
  make(): Cookie {
    const { expiresAt, handle } = this.#live
    // A session that is stored has its attributes, and one that begins those that were asked for.
    if (handle === undefined) return this.again()
    const { cookie, now } = this.#setup
    const { secure, sameSite } = new Cookie(cookie, this.#isHttps, now)
    const { originalMaxAge = cookie.maxAge, ...kept } = this.#kept
    // What `options()` said of the time holds also for a session that is read again, and says nothing.
    const options = { ...cookie, secure, sameSite, ...kept, maxAge: originalMaxAge || this.#options.maxAge }
    if (options.maxAge && expiresAt !== undefined) options.expires = new Date(expiresAt)
    this.#options = options
    return this.again()
  }

  /** With what `options()` said in this request: also for the session that follows it. */
  again(options: CookieOptions = {}): Cookie {
    this.#options = { ...this.#options, ...options }
    return new Cookie(this.#options, this.#isHttps, this.#setup.now)
  }

  get #kept(): Partial<CookieData> {
    return (this.#live.get(COOKIE) as Partial<CookieData> | undefined) ?? {}
  }

  /** Notes in the session what its cookie says otherwise than the options. Milliseconds to tell the engine that it lasts; undefined: nothing. */
  keep(cookie: Cookie): number | undefined {
    const { now, idle } = this.#setup
    const usual = new Cookie(this.#setup.cookie, this.#isHttps, now).toJSON()
    const { originalExpires: _, ...data } = cookie.toJSON()
    // Of a time that is counted from the last response only its length is noted.
    if (data.originalMaxAge !== null) data.expires = usual.expires
    const isNews = ([name, value]: [string, unknown]): boolean => String(value) !== String(usual[name as keyof CookieData])
    const other: Partial<CookieData> = Object.fromEntries(Object.entries(data).filter(isNews))
    const had = this.#kept
    if (JSON.stringify(other) !== JSON.stringify(had)) {
      if (Object.keys(other).length > 0) this.#live.set(COOKIE, other)
      else this.#live.delete(COOKIE)
    }
    const isOwn = [had, other].some(({ originalMaxAge, expires }) => originalMaxAge !== undefined || expires !== undefined)
    const isDated = usual.originalMaxAge === null && usual.expires !== null
    if (!isOwn && !isDated) return undefined
    return cookie.originalMaxAge ?? (cookie.expires ? cookie.expires.valueOf() - now() : idle)
  }
}
