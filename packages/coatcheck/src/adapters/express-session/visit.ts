import { answer, type HeadersOut, type LiveSession, type RequestSession } from '../../core/adapter.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { type Cookie, type CookieData, type CookieOptions, cookieFor } from './cookie.ts'
import type { Http } from './http.ts'
import type { Setup } from './options.ts'
import { type Behind, type Session, sessionOver, type Values } from './session.ts'
import { COOKIE, LiveValues, snapshotOf } from './values.ts'

/** One request's `req.session`, from the middleware until the headers leave. */
export class Visit {
  readonly #setup: Setup
  readonly #req: Http
  readonly #requestSession: RequestSession
  readonly #live: LiveSession
  readonly #isHttps: boolean
  readonly #options: CookieOptions
  readonly #values: LiveValues
  /** The session that the browser has. */
  readonly #cameWith: string | undefined
  /** The object that `req.session` was given last, and the session behind it. */
  #session: Session | undefined
  #behind: (Behind & { values: Values; id: string }) | undefined
  /** `regenerate` was called: the session is stored even if it is empty. */
  #begins = false
  #isModified = false
  #wasSavedEmpty = false
  #isRead = false

  constructor(setup: Setup, req: Http, requestSession: RequestSession, live: LiveSession, isHttps: boolean) {
    this.#setup = setup
    this.#req = req
    this.#requestSession = requestSession
    this.#live = live
    this.#cameWith = live.handle
    this.#isHttps = isHttps
    this.#options = setup.cookieOf(req)
    this.#values = new LiveValues(live, requestSession)
  }

  /** Puts the session on the request, as a new object. Synchronous on Node. */
  show(): Maybe<void> {
    const { handle } = this.#live
    if (handle !== undefined) return this.#show(handle)
    return andThen(this.#requestSession.reserve(), (id = globalThis.crypto.randomUUID()) => this.#show(id))
  }

  #show(id: string): void {
    const live = this.#live
    const clock = this.#requestSession.now
    const kept = this.#kept()
    const maxAge = kept.originalMaxAge
    const own = { ...this.#options, ...kept, ...(maxAge !== undefined && { maxAge }) }
    const cookie = cookieFor(own, this.#isHttps, clock)
    if (cookie.originalMaxAge !== null && live.expiresAt !== undefined) {
      const { originalMaxAge } = cookie
      cookie.expires = new Date(Math.min(live.expiresAt, clock() + originalMaxAge))
      cookie.originalMaxAge = originalMaxAge
    }
    this.#behind = {
      values: this.#values,
      id,
      save: () => this.#save(),
      reload: () => this.#reload(),
      regenerate: () => this.regenerate(),
      destroy: () => this.#destroy(),
    }
    this.#session = sessionOver(this.#behind, cookie, this.#req)
    this.#req.sessionID = id
    this.#put(this.#session)
  }

  /** A property that tells whether anybody looked: what nobody asked for leaves no trace in the response. */
  #put(session: Session): void {
    let now: Session | null | undefined = session
    Object.defineProperty(this.#req, 'session', {
      configurable: true,
      enumerable: true,
      get: () => {
        this.#isRead = true
        return now
      },
      set: (next) => {
        this.#isRead = true
        now = next
      },
    })
  }

  /** What the session's cookie says otherwise than the options. */
  #kept(): Partial<CookieData> {
    return (this.#live.get(COOKIE) as Partial<CookieData> | undefined) ?? {}
  }

  /** Notes what the session's cookie says otherwise than the options. Whether that is news. */
  #keep({ data }: Cookie): boolean {
    const usual = cookieFor(this.#options, this.#isHttps, this.#requestSession.now).data
    const { expires: _, ...names } = data
    const other = Object.fromEntries(Object.entries(names).filter(([name, value]) => value !== usual[name as keyof CookieData]))
    const was = JSON.stringify(this.#kept())
    if (JSON.stringify(other) === was) return false
    if (Object.keys(other).length > 0) this.#live.set(COOKIE, other)
    else this.#live.delete(COOKIE)
    return true
  }

  /** Before the headers leave. */
  async settle(headers: HeadersOut): Promise<void> {
    const session = Object.getOwnPropertyDescriptor(this.#req, 'session') && this.#current()
    let lines = this.#requestSession.lines
    session?.touch()
    if (session) lines = await this.#commit(session, this.#setup.options.rolling === true)
    else {
      // `destroy` has ended it by now, or the application set it to null.
      if (this.#session && this.#setup.options.unset === 'destroy') this.#live.restart()
      else this.#requestSession.fail()
      await this.#requestSession.commit()
      lines = this.#requestSession.lines
    }
    if (!this.#isRead && lines.length === 0) return
    answer(headers, [this.#requestSession])
    this.#write(headers, lines, session?.cookie)
  }

  #current(): Session | null | undefined {
    const isRead = this.#isRead
    const { session } = this.#req
    this.#isRead = isRead
    return session
  }

  async #commit(session: Session, isRolling: boolean): Promise<RequestSession['lines']> {
    const { cookie } = session
    this.#values.refresh()
    if (this.#begins || (this.#setup.options.saveUninitialized ?? true)) this.#live.begin()
    // Of a session that is not stored, a cookie that was changed stores nothing.
    const isThere = this.#live.handle !== undefined || this.#live.pending !== 'nothing'
    this.#isModified ||= (isThere && this.#keep(cookie)) || this.#live.changed
    const age = cookie.originalMaxAge === null ? this.#setup.idle : cookie.originalMaxAge
    const tells = isRolling || (this.#isModified && cookie.expires instanceof Date)
    const { current } = await this.#requestSession.commit({
      ...(age !== (this.#setup.maxAge ?? this.#setup.idle) && { maxAge: age / 1000 }),
      ...(tells && { renews: true, always: 'asked' }),
    })
    // Without `rolling` a cookie that ends is not sent again because its session was used.
    const isAgain =
      this.#cameWith !== undefined && this.#cameWith === this.#live.handle && !tells && cookie.expires instanceof Date
    if (isAgain) return []
    return current.length > 0 ? current : this.#requestSession.lines
  }

  /** The lines of the engine say the value; the session's own cookie says the rest. */
  #write(headers: HeadersOut, lines: RequestSession['lines'], cookie: Cookie | undefined): void {
    const { name } = this.#setup
    const own = `${name}=`
    const others = headers.getSetCookie().filter((line) => !line.startsWith(own))
    headers.delete('set-cookie')
    for (const line of others) headers.append('set-cookie', line)
    const value = lines.findLast(([, line]) => line.startsWith(own))?.[1].slice(own.length)
    // A session that was set to null has no cookie, but for the one that takes an older away.
    if (value === undefined || (value !== '' && !cookie)) return
    const over = { ...this.#options, maxAge: undefined, expires: new Date(0) }
    const sent = value !== '' && cookie ? cookie : cookieFor(over, this.#isHttps, () => 0)
    // As express-session: a cookie that is Secure is not sent over http, where no browser would keep it.
    if (!sent.secure || this.#isHttps) headers.append('set-cookie', sent.serialize(name, value))
  }

  async #save(): Promise<void> {
    if (this.#session) await this.#commit(this.#session, false)
    this.#wasSavedEmpty = this.#live.handle === undefined
  }

  async #reload(): Promise<void> {
    const before = this.#behind
    const values = snapshotOf(this.#values)
    // What was saved empty is stored nowhere, and is there all the same.
    if (this.#wasSavedEmpty && !this.#live.handle) this.#requestSession.fail()
    else if (!(await this.#requestSession.reload())) throw new Error('failed to load session')
    if (before) before.values = values
    this.#values.clear()
    await this.show()
  }

  /** Begins a session that holds nothing; the one of before is ended with the next commit. */
  generate(): Maybe<void> {
    this.#leave()
    this.#requestSession.afresh()
    this.#begins = true
    return this.show()
  }

  /** Ends the session, and begins an empty one. */
  async regenerate(): Promise<void> {
    this.#leave()
    this.#requestSession.afresh()
    this.#begins = true
    try {
      await this.#requestSession.commit()
    } finally {
      await this.show()
    }
  }

  async #destroy(): Promise<void> {
    this.#leave()
    this.#session = undefined
    Reflect.deleteProperty(this.#req, 'session')
    this.#isRead = true
    this.#live.restart()
    await this.#requestSession.commit()
  }

  /** Whoever still has the object of before goes on seeing what it held (passport's `keepSessionInfo`). */
  #leave(): void {
    this.#wasSavedEmpty = false
    if (this.#behind) this.#behind.values = snapshotOf(this.#values)
    this.#values.clear()
  }
}
