import { clockOf } from '../../clock.ts'
import { CookieTooLong } from '../../cookies/cookie.ts'
import { type AdapterSessions, type HeaderLine, upstreamPersistence } from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import { hydrogenCookie } from '../../migrate/hydrogen.ts'
import type { WebRequest } from '../../web.ts'
import { type Anything, type CookieOptions, checked, endOf, lastingOf, type Values } from './config.ts'
import { opened, openedUpstream, sealed } from './cookie-values.ts'
import { sessionsWith } from './options.ts'

/**
 * A cookie for session storages of one's own. What it holds is sealed and bound to its name and its end: a visitor can neither read
 * it, nor change it, nor choose a session id. It seals without waiting, which takes a platform with `node:crypto`.
 */
export class Cookie {
  readonly name: string
  readonly options: CookieOptions
  data: Values = {}
  /** The one request that ever asked; null: there were several, and nobody knows whose id is set. */
  #only: WebRequest | null | undefined
  /** The id that was set for it: it came without, and is to find its own again. */
  #id: string | undefined

  constructor(name: string, options: CookieOptions = {}) {
    this.name = name
    this.options = checked(name, options)
  }

  /** Takes over what this `Cookie` header holds, if it holds anything genuine. The cookie's data. */
  parse(header: string): Values {
    this.#read(header)
    return this.data
  }

  set(key: string, value: Anything): void {
    this.data[key] = value
  }

  setAll(data: Values): void {
    this.data = data
  }

  /** The `Set-Cookie` line. Throws `COOKIE_TOO_LARGE` over 4096 bytes, since browsers drop such a cookie whole. */
  serialize(): string {
    const core = this.#core()
    const ticket = this.options.format ? encodeURIComponent(JSON.stringify(this.data)) : sealed(core, this.data, this.expires)
    const seconds = Math.max(0, Math.ceil((this.expires - core.engine.now()) / 1000))
    try {
      return lineOf(core.transport.give(ticket, 'cookie', seconds, []))
    } catch (error) {
      if (!(error instanceof CookieTooLong)) throw error
      throw new SessionError('COOKIE_TOO_LARGE', `The cookie "${this.name}" would have ${error.bytes} bytes.`, {
        fix: 'Keep a session id in it, and the rest where the id leads to.',
      })
    }
  }

  /** The line that clears the cookie. */
  destroy(): string {
    this.data = {}
    this.#id = undefined
    return lineOf(this.#core().transport.clear('cookie', []))
  }

  /** When what is serialized now will end, in milliseconds since the epoch. */
  get expires(): number {
    return endOf(lastingOf(this.options), clockOf(this.options.now)())
  }

  setSessionid(id: string): void {
    this.set('sid', id)
    this.#id = id
  }

  /** The session id that this request's cookie holds, or that was set for it: this cookie was asked by no other request then. */
  getSessionId(request: WebRequest): string | null {
    this.#only = this.#only === undefined || this.#only === request ? request : null
    if (this.#only && this.#id !== undefined) return this.#id
    if (!this.#only) this.data = {} // of another request, maybe
    const { sid } = this.#read(request.headers.get('cookie') ?? '') ?? {}
    return typeof sid === 'string' ? sid : null
  }

  #read(header: string): Values | undefined {
    const data = (this.options.format ? openedUpstream : opened)(this.#core(), header)
    if (data) this.data = { ...data }
    return data
  }

  #core(): AdapterSessions['core'] {
    const place = ({ format }: CookieOptions) => (format ? { persistence: upstreamPersistence(hydrogenCookie()) } : {})
    return sessionsWith(['own'], this.name, this.options, place).core
  }
}

const lineOf = ([line]: readonly HeaderLine[]): string => line?.[1] ?? ''
