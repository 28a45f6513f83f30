import type { HeadersOut, LiveSession, RequestSession } from '../../../core/adapter.ts'
import { valueIn } from '../koa/line.ts'
import { type Cookie, type CookieData, type CookieOptions, cookieFor } from './cookie.ts'
import { COOKIE } from './values.ts'

/** The cookie of one request's session: that of the options, with what the session itself says otherwise. */
export class VisitCookie {
  readonly #options: CookieOptions
  readonly #isHttps: boolean
  readonly #live: LiveSession
  readonly #now: () => number

  constructor(options: CookieOptions, isHttps: boolean, live: LiveSession, now: () => number) {
    this.#options = options
    this.#isHttps = isHttps
    this.#live = live
    this.#now = now
  }

  /** `req.session.cookie`. */
  make(): Cookie {
    const { expiresAt } = this.#live
    const kept = this.#kept()
    const maxAge = kept.originalMaxAge
    const cookie = cookieFor({ ...this.#options, ...kept, ...(maxAge !== undefined && { maxAge }) }, this.#isHttps, this.#now)
    const { originalMaxAge } = cookie
    if (originalMaxAge !== null && expiresAt !== undefined) {
      cookie.expires = new Date(Math.min(expiresAt, this.#now() + originalMaxAge))
      cookie.originalMaxAge = originalMaxAge
    }
    return cookie
  }

  #kept(): Partial<CookieData> {
    return (this.#live.get(COOKIE) as Partial<CookieData> | undefined) ?? {}
  }

  /** Notes in the session what its cookie says otherwise than the options. Whether that is news. */
  keep({ data }: Cookie): boolean {
    const usual = cookieFor(this.#options, this.#isHttps, this.#now).data
    const { expires: _, ...names } = data
    const other = Object.fromEntries(Object.entries(names).filter(([name, value]) => value !== usual[name as keyof CookieData]))
    if (JSON.stringify(other) === JSON.stringify(this.#kept())) return false
    if (Object.keys(other).length > 0) this.#live.set(COOKIE, other)
    else this.#live.delete(COOKIE)
    return true
  }

  /** Puts it on the response: the lines of the engine say the value, and `cookie` says the rest. */
  write(headers: HeadersOut, name: string, lines: RequestSession['lines'], cookie: Cookie | undefined): void {
    const own = `${name}=`
    const others = headers.getSetCookie().filter((line) => !line.startsWith(own))
    headers.delete('set-cookie')
    for (const line of others) headers.append('set-cookie', line)
    const value = valueIn(lines, name)
    // A session that was set to null has no cookie, but for the one that takes an older away.
    if (value === undefined || (value !== '' && !cookie)) return
    const over = { ...this.#options, maxAge: undefined, expires: new Date(0) }
    const sent = value !== '' && cookie ? cookie : cookieFor(over, this.#isHttps, () => 0)
    // As express-session: a cookie that is Secure is not sent over http, where no browser would keep it.
    if (!sent.secure || this.#isHttps) headers.append('set-cookie', sent.serialize(name, value))
  }
}
