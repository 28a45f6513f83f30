import type { Commit, LiveSession, RequestSession } from '../../../core/adapter.ts'
import { andThen, type Maybe } from '../../../crypto/maybe.ts'
import { snapshotOf } from '../express-session/values.ts'
import { valueIn } from '../koa/line.ts'
import { VisitCookie } from './cookie.ts'
import { type LineOptions, OVER } from './line.ts'
import type { Setup } from './options.ts'
import { type Behind, type Session, sessionOver } from './session.ts'
import { Visit } from './visit.ts'

/** One request's `request.session`, in the interface of @fastify/session. */
export class SessionVisit extends Visit {
  readonly #setup: Setup
  /** Told of each object that is the session from there on. */
  readonly #onShow: (session: Session | null) => void
  #cookies!: VisitCookie
  /** The id of the session that the browser has. */
  #cameWith: string | undefined
  #session: Session | null = null
  #behind: Behind | undefined

  constructor(
    setup: Setup,
    requestSession: RequestSession,
    isHttps: boolean,
    onShow: (session: Session | null) => void = () => {},
  ) {
    super(setup.cookieName, requestSession, isHttps)
    this.#setup = setup
    this.#onShow = onShow
  }

  async begin(live: LiveSession): Promise<void> {
    this.enter(live)
    this.#cookies = new VisitCookie(this.#setup, this.isHttps, live)
    await this.#make()
    if (this.requestSession.isProven) this.#cameWith = this.#behind?.id
  }

  /** A new object for the session that the request has now. Synchronous on Node. */
  #make(): Maybe<void> {
    const { handle } = this.live
    if (handle !== undefined) return this.#put(handle)
    return andThen(this.requestSession.reserve(), (id = globalThis.crypto.randomUUID()) => this.#put(id))
  }

  #put(id: string): void {
    const { requestSession } = this
    this.#behind = {
      values: this.values,
      id,
      ticket: () => requestSession.ticket ?? '',
      isSaved: false,
      isModified: () => this.#isModified(),
      renewed: (options) => this.#cookies.again(options),
      save: () => this.#save(),
      reload: () => this.#reload(),
      regenerate: (keys) => this.#regenerate(keys),
      destroy: () => this.#destroy(),
    }
    this.#offer(sessionOver(this.#behind, this.#cookies.make()))
  }

  #offer(session: Session | null): void {
    this.#session = session
    this.show(session)
    this.#onShow(session)
  }

  #isModified(): boolean {
    this.values.refresh()
    return this.live.changed
  }

  protected override async store(): Promise<string | undefined> {
    const session = this.shows(this.#session) ? this.#session : null
    const { rolling, saveUninitialized, cookieName } = this.#setup
    const isTheirs = this.#cameWith !== undefined && this.#behind?.id === this.#cameWith
    const isKept = session !== null && (this.#isModified() || (isTheirs ? rolling : saveUninitialized))
    // As in @fastify/session: what a cookie that is Secure would say over http is not stored.
    if (isKept && !(session.cookie.secure === true && !this.isHttps)) return this.#keep(session)
    this.forget()
    const { current } = await this.requestSession.commit(this.#behind?.isSaved ? { always: 'asked' } : undefined)
    const value = valueIn(current, cookieName)
    // A session that was set to null has no cookie, but for the one that takes an older away.
    return session || value === '' ? value : undefined
  }

  async #keep(session: Session): Promise<string | undefined> {
    this.values.refresh()
    this.live.begin()
    const lasts = this.#cookies.keep(session.cookie)
    const how: Commit = { ...(lasts !== undefined && { maxAge: lasts / 1000 }), renews: true, always: 'asked' }
    const { current } = await this.requestSession.commit(how)
    return valueIn(current, this.#setup.cookieName)
  }

  protected override attributesOf(value: string): LineOptions {
    if (value !== '' && this.#session) return this.#session.cookie.toJSON()
    const { maxAge: _, path = '/', ...usual } = this.#setup.cookie
    return { ...usual, path, ...OVER }
  }

  async #save(): Promise<void> {
    if (!this.#session || !this.#behind) return
    await this.#keep(this.#session)
    this.#behind.isSaved = true
  }

  async #reload(): Promise<void> {
    const { requestSession, live } = this
    const isOld = live.handle !== undefined && !requestSession.holdsTicket && requestSession.lines.length === 0
    const values = snapshotOf(this.values)
    // One that was never stored, or that another library keeps, is as it was; one that is gone is empty.
    const isThere = (await requestSession.reload()) || live.handle === undefined || isOld
    if (isThere) requestSession.fail()
    else requestSession.afresh()
    const { id } = this.#behind ?? {}
    this.#leave(values)
    await (isThere && id !== undefined ? this.#put(id) : this.#make())
  }

  async #regenerate(keys: readonly string[]): Promise<void> {
    const kept = keys.filter((key) => this.values.has(key)).map((key) => [key, this.values.get(key)] as const)
    this.#leave()
    this.requestSession.afresh().askForKey()
    try {
      await this.requestSession.commit()
    } finally {
      await this.#make()
      for (const [key, value] of kept) this.values.set(key, value)
    }
  }

  async #destroy(): Promise<void> {
    this.#leave()
    this.#behind = undefined
    this.live.restart()
    this.#offer(null)
    await this.requestSession.commit()
  }

  /** Whoever still has the object of before goes on seeing what it held. */
  #leave(values: Behind['values'] = snapshotOf(this.values)): void {
    if (this.#behind) this.#behind.values = values
    this.values.clear()
  }
}
