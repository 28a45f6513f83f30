import {
  answer,
  type Commit,
  type HeaderLine,
  type LiveSession,
  type NodeResponse,
  nodeHeaders,
  type RequestSession,
} from '../../../core/adapter.ts'
import { andThen, type Maybe } from '../../../crypto/maybe.ts'
import { LiveValues, snapshotOf } from '../express-session/values.ts'
import { valueIn, withoutLines } from '../koa/line.ts'
import { VisitCookie } from './cookie.ts'
import { lineOf, OVER } from './line.ts'
import type { Setup } from './options.ts'
import type { Visit } from './plugin.ts'
import { type Behind, type Session, sessionOver } from './session.ts'

/** One request's `request.session`, in the interface of @fastify/session. */
export class SessionVisit implements Visit {
  readonly #setup: Setup
  readonly #requestSession: RequestSession
  readonly #isHttps: boolean
  /** Told of each object that is the session from there on. */
  readonly #onShow: (session: Session | null) => void
  #live!: LiveSession
  #values!: LiveValues
  #cookies!: VisitCookie
  /** The id of the session that the browser has. */
  #cameWith: string | undefined
  /** The session of this request, and what the application left in its place. */
  #session: Session | null = null
  #behind: Behind | undefined
  #shown: unknown = null
  #isRead = false
  #isCommitted = false
  #hasFailed = false
  #lines: readonly HeaderLine[] = []

  constructor(
    setup: Setup,
    requestSession: RequestSession,
    isHttps: boolean,
    onShow: (session: Session | null) => void = () => {},
  ) {
    this.#setup = setup
    this.#requestSession = requestSession
    this.#isHttps = isHttps
    this.#onShow = onShow
  }

  get shown(): unknown {
    this.#isRead = true
    return this.#shown
  }
  set shown(value: unknown) {
    this.#isRead = true
    this.#shown = value
  }

  async open(): Promise<void> {
    this.#live = await this.#requestSession.open()
    this.#values = new LiveValues(this.#live, this.#requestSession)
    this.#cookies = new VisitCookie(this.#setup, this.#isHttps, this.#live)
    await this.#show()
    if (this.#requestSession.isProven) this.#cameWith = this.#behind?.id
  }

  /** A new object for the session that the request has now. Synchronous on Node. */
  #show(): Maybe<void> {
    const { handle } = this.#live
    if (handle !== undefined) return this.#put(handle)
    return andThen(this.#requestSession.reserve(), (id = globalThis.crypto.randomUUID()) => this.#put(id))
  }

  #put(id: string): void {
    const ticket = (): string => this.#requestSession.ticket ?? ''
    this.#behind = {
      values: this.#values,
      id,
      get ticket() {
        return ticket()
      },
      isSaved: false,
      isModified: () => this.#isModified(),
      renewed: (options) => this.#cookies.again(options),
      save: () => this.#save(),
      reload: () => this.#reload(),
      regenerate: (keys) => this.#regenerate(keys),
      destroy: () => this.#destroy(),
    }
    this.#session = sessionOver(this.#behind, this.#cookies.make())
    this.#shown = this.#session
    this.#onShow(this.#session)
  }

  #isModified(): boolean {
    this.#values.refresh()
    return this.#live.changed
  }

  async commit(): Promise<void> {
    if (this.#hasFailed) return
    try {
      await this.#commit()
    } catch (error) {
      // Nothing is tried again behind the visitor's back.
      this.#hasFailed = true
      this.#lines = []
      this.#values.clear()
      this.#requestSession.fail()
      throw error
    }
  }

  async #commit(): Promise<void> {
    this.#isCommitted = true
    const session = this.#shown === this.#session ? this.#session : null
    const { rolling, saveUninitialized, cookieName } = this.#setup
    const isTheirs = this.#cameWith !== undefined && this.#behind?.id === this.#cameWith
    const isKept = session !== null && (this.#isModified() || (isTheirs ? rolling : saveUninitialized))
    // As in @fastify/session: what a cookie that is Secure would say over http is not stored.
    if (isKept && !(session.cookie.secure === true && !this.#isHttps)) return this.#store(session)
    this.#values.clear()
    this.#requestSession.fail()
    const { current } = await this.#requestSession.commit(this.#behind?.isSaved ? { always: 'asked' } : undefined)
    // A session that was set to null has no cookie, but for the one that takes an older away.
    this.#lines = session || valueIn(current, cookieName) === '' ? current : []
  }

  async #store(session: Session): Promise<void> {
    this.#values.refresh()
    this.#live.begin()
    const lasts = this.#cookies.keep(session.cookie)
    const how: Commit = { ...(lasts !== undefined && { maxAge: lasts / 1000 }), renews: true, always: 'asked' }
    const { current } = await this.#requestSession.commit(how)
    this.#lines = current
  }

  /** Before the headers leave, also those that skip the hook onSend; and for what changed since that. */
  settle(res: NodeResponse): void | Promise<void> {
    this.#values.refresh()
    if (this.#hasFailed || (this.#isCommitted && this.#live.pending === 'nothing')) return this.#answer(res)
    return this.commit().then(() => this.#answer(res))
  }

  #answer(res: NodeResponse): void {
    if (!this.#isRead && this.#lines.length === 0) return
    const { cookieName, cookie } = this.#setup
    const headers = nodeHeaders(res)
    answer(headers, [this.#requestSession])
    withoutLines(headers, cookieName)
    const value = valueIn(this.#lines, cookieName)
    if (value === undefined) return
    const { maxAge: _, path = '/', ...usual } = cookie
    const attributes = value !== '' && this.#session ? this.#session.cookie.toJSON() : { ...usual, path, ...OVER }
    headers.append('set-cookie', lineOf(cookieName, value, attributes, this.#isHttps))
  }

  finish(): void {
    this.#requestSession.finish()
  }

  async #save(): Promise<void> {
    if (!this.#session || !this.#behind) return
    await this.#store(this.#session)
    this.#behind.isSaved = true
  }

  async #reload(): Promise<void> {
    const requestSession = this.#requestSession
    const isOld = this.#live.handle !== undefined && !requestSession.holdsTicket && requestSession.lines.length === 0
    const values = snapshotOf(this.#values)
    // One that was never stored, or that another library keeps, is as it was; one that is gone is empty.
    const isThere = (await requestSession.reload()) || this.#live.handle === undefined || isOld
    if (isThere) requestSession.fail()
    else requestSession.afresh()
    const { id } = this.#behind ?? {}
    this.#leave(values)
    if (isThere && id !== undefined) this.#put(id)
    else await this.#show()
  }

  async #regenerate(keys: readonly string[]): Promise<void> {
    const kept = keys.filter((key) => this.#values.has(key)).map((key) => [key, this.#values.get(key)] as const)
    this.#leave()
    this.#requestSession.afresh()
    try {
      await this.#requestSession.commit()
    } finally {
      await this.#show()
      for (const [key, value] of kept) this.#values.set(key, value)
    }
  }

  async #destroy(): Promise<void> {
    this.#leave()
    this.#session = this.#shown = null
    this.#behind = undefined
    this.#live.restart()
    this.#onShow(null)
    await this.#requestSession.commit()
  }

  /** Whoever still has the object of before goes on seeing what it held. */
  #leave(values: Behind['values'] = snapshotOf(this.#values)): void {
    if (this.#behind) this.#behind.values = values
    this.#values.clear()
  }
}
