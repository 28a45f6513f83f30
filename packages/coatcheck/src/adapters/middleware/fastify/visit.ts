import { answer, type LiveSession, type NodeResponse, nodeHeaders, type RequestSession } from '../../../core/adapter.ts'
import { LiveValues } from '../express-session/values.ts'
import { withoutLines } from '../koa/line.ts'
import { type LineOptions, lineOf } from './line.ts'

/** One request's session, as the hooks drive it. */
export abstract class Visit {
  protected readonly requestSession: RequestSession
  protected readonly isHttps: boolean
  protected live!: LiveSession
  protected values!: LiveValues
  readonly #cookieName: string
  #shown: unknown = null
  #isRead = false
  #hasFailed = false
  #isCommitted = false
  /** Something was said since the last commit that the values do not show. */
  protected isNews = false
  /** What the cookie is to hold; empty: it goes; undefined: it stays as it is. */
  #value: string | undefined

  constructor(cookieName: string, requestSession: RequestSession, isHttps: boolean) {
    this.#cookieName = cookieName
    this.requestSession = requestSession
    this.isHttps = isHttps
  }

  /** What the request shows under the session's name: the session, or what the application put in its place. */
  get shown(): unknown {
    this.#isRead = true
    return this.#shown
  }
  set shown(value: unknown) {
    this.#isRead = true
    this.isNews = true
    this.#shown = value
  }
  protected show(session: object | null): void {
    this.#shown = session
  }
  protected shows(session: object | null): boolean {
    return session !== null && this.#shown === session
  }

  async open(): Promise<void> {
    await this.begin(await this.requestSession.open())
  }
  protected enter(live: LiveSession, hides?: (key: string) => boolean): void {
    this.live = live
    this.values = new LiveValues(live, this.requestSession, hides)
  }
  /** With the session that was opened. */
  abstract begin(live: LiveSession): unknown
  /** Stores what changed. What the cookie is to hold. */
  protected abstract store(): Promise<string | undefined>
  protected abstract attributesOf(value: string): LineOptions

  /** May be repeated. */
  async commit(): Promise<void> {
    if (this.#hasFailed) return
    this.#isCommitted = true
    this.isNews = false
    try {
      this.#value = await this.store()
    } catch (error) {
      // Nothing is tried again behind the visitor's back.
      this.#hasFailed = true
      this.#value = undefined
      this.forget()
      throw error
    }
  }
  protected forget(): void {
    this.values.clear()
    this.requestSession.fail()
  }

  /** Before the headers leave, also those that skip the hook onSend; and for what changed since that. */
  settle(res: NodeResponse): void | Promise<void> {
    this.values.refresh()
    const isDue = !this.#isCommitted || this.isNews || this.live.pending !== 'nothing'
    if (this.#hasFailed || !isDue) return this.#answer(res)
    return this.commit().then(() => this.#answer(res))
  }

  #answer(res: NodeResponse): void {
    const value = this.#value
    if (!this.#isRead && value === undefined) return
    const headers = nodeHeaders(res)
    answer(headers, [this.requestSession])
    withoutLines(headers, this.#cookieName)
    if (value === undefined) return
    headers.append('set-cookie', lineOf(this.#cookieName, value, this.attributesOf(value), this.isHttps))
  }

  finish(): void {
    this.requestSession.finish()
  }
}
