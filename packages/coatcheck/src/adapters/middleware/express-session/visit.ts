import { answer, type HeadersOut, type LiveSession, type RequestSession } from '../../../core/adapter.ts'
import { andThen, type Maybe } from '../../../crypto/maybe.ts'
import type { Http } from './http.ts'
import type { Setup } from './options.ts'
import { Property } from './property.ts'
import { type Behind, type Session, sessionOver, type Values } from './session.ts'
import { holdsNothing, LiveValues, snapshotOf } from './values.ts'
import type { VisitCookie } from './visit-cookie.ts'

/** One request's `req.session`, from the middleware until the headers leave. */
export class Visit {
  readonly #setup: Setup
  readonly #req: Http
  readonly #requestSession: RequestSession
  readonly #live: LiveSession
  readonly #cookie: VisitCookie
  readonly #property: Property
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

  constructor(setup: Setup, req: Http, requestSession: RequestSession, live: LiveSession, cookie: VisitCookie) {
    this.#setup = setup
    this.#req = req
    this.#requestSession = requestSession
    this.#live = live
    this.#cameWith = live.handle
    this.#cookie = cookie
    this.#property = new Property(req)
    this.#values = new LiveValues(live, requestSession)
  }

  /** Puts the session on the request, as a new object. Synchronous on Node. */
  show(id: string | undefined = this.#live.handle): Maybe<void> {
    if (id !== undefined) return this.#show(id)
    return andThen(this.#requestSession.reserve(), (id = globalThis.crypto.randomUUID()) => this.#show(id))
  }

  #show(id: string): void {
    this.#behind = {
      values: this.#values,
      id,
      save: () => this.#save(),
      reload: () => this.#reload(),
      regenerate: () => this.regenerate(),
      destroy: () => this.#destroy(),
    }
    this.#session = sessionOver(this.#behind, this.#cookie.make(), this.#req)
    this.#req.sessionID = id
    this.#property.put(this.#session)
  }

  /** Before the headers leave. */
  async settle(headers: HeadersOut): Promise<void> {
    const { left: session } = this.#property
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
    if (!this.#property.isRead && lines.length === 0) return
    answer(headers, [this.#requestSession])
    this.#cookie.write(headers, this.#setup.name, lines, session?.cookie)
  }

  async #commit(session: Session, isRolling: boolean): Promise<RequestSession['lines']> {
    const { cookie } = session
    this.#values.refresh()
    if (this.#begins || (this.#setup.options.saveUninitialized ?? true)) this.#live.begin()
    else if (this.#live.handle === undefined && holdsNothing(this.#values)) this.#values.delete('flash')
    // Of a session that is not stored, a cookie that was changed stores nothing.
    const isThere = this.#live.handle !== undefined || this.#live.pending !== 'nothing'
    this.#isModified ||= (isThere && this.#cookie.keep(cookie)) || this.#live.changed
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

  async #save(): Promise<void> {
    if (this.#session) await this.#commit(this.#session, false)
    this.#wasSavedEmpty = this.#live.handle === undefined
  }

  async #reload(): Promise<void> {
    const before = this.#behind
    const values = snapshotOf(this.#values)
    // What was saved empty is stored nowhere, and is there all the same, with its id.
    if (this.#wasSavedEmpty && !this.#live.handle) this.#requestSession.fail()
    else if (!(await this.#requestSession.reload())) throw new Error('failed to load session')
    if (before) before.values = values
    this.#values.clear()
    await this.show(this.#live.handle ?? before?.id)
  }

  /** Begins a session that holds nothing; the one of before is ended with the next commit. */
  generate(): Maybe<void> {
    this.#leave()
    this.#requestSession.afresh().askForKey()
    this.#begins = true
    return this.show()
  }

  /** Ends the session, and begins an empty one. */
  async regenerate(): Promise<void> {
    this.#leave()
    this.#requestSession.afresh().askForKey()
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
    this.#property.remove()
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
