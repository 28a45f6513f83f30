import {
  answer,
  type LiveSession,
  type NodeResponse,
  nodeHeaders,
  presentedBy,
  type RequestSession,
} from '../../../core/adapter.ts'
import { SESSION } from '../express-session/property.ts'
import { LiveValues, snapshotOf } from '../express-session/values.ts'
import { putLine, valueIn, withoutLines } from '../koa/line.ts'
import type { CookieSessionOptions, Setup } from './options.ts'
import { type Behind, isTaken, type Session, sessionOver } from './session.ts'

/** The part of a request of node:http, Express or Connect that is used here, and what is added to it. */
export interface Request {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly originalUrl?: string
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly protocol?: string
  readonly socket?: { readonly encrypted?: boolean }
  session?: Session | null
  sessionOptions?: CookieSessionOptions
}

/** One request's `req.session`, until the headers leave. */
export class Visit {
  readonly #setup: Setup
  readonly #req: Request
  readonly #requestSession: RequestSession
  #live!: LiveSession
  #values!: LiveValues
  /** undefined: nobody asked for it. */
  #session: Session | null | undefined
  #behind: Behind | undefined
  /** A session came with the request, or was assigned. */
  #isKept = false

  constructor(setup: Setup, req: Request) {
    this.#setup = setup
    this.#req = req
    this.#requestSession = setup.adapter.requestSession(req, presentedBy(req))
  }

  async open(): Promise<void> {
    this.#live = await this.#requestSession.open()
    this.#values = new LiveValues(this.#live, this.#requestSession, () => false)
    this.#isKept = this.#live.handle !== undefined
  }

  /** Puts the session on the request. */
  show(): void {
    this.#req.sessionOptions = Object.create(this.#setup.options)
    SESSION.put(this.#req, this)
  }

  get session(): Session | null {
    if (this.#session === undefined) this.#session = this.#over(this.#live.handle === undefined)
    return this.#session
  }

  set session(value: unknown) {
    const isNothing = value === undefined || value === null
    if (!isNothing && typeof value !== 'object') throw new Error('req.session can only be set as null or an object.')
    const given = isNothing ? [] : Object.entries(value).filter(([key]) => !isTaken(key))
    // Whoever still has the object of before goes on seeing what it held.
    if (this.#behind) this.#behind.values = snapshotOf(this.#values)
    this.#behind = undefined
    if (isNothing) {
      this.#values.clear()
      this.#live.restart()
      this.#session = null
      return
    }
    const names = new Set(given.map(([key]) => key))
    for (const key of this.#values.keys()) if (!names.has(key)) this.#values.delete(key)
    this.#session = this.#over(true)
    for (const [key, each] of given) this.#session[key as string] = each
  }

  #over(isNew: boolean): Session {
    this.#behind = {
      values: this.#values,
      isNew,
      isChanged: () => {
        this.#values.refresh()
        return isNew || this.#live.changed
      },
    }
    return sessionOver(this.#behind)
  }

  /** Before the headers leave. */
  async settle(res: NodeResponse): Promise<void> {
    if (this.#session === undefined) return
    const options = this.#req.sessionOptions ?? this.#setup.options
    const { name, lastsOf, now } = this.#setup
    const isSecure = this.#req.protocol === 'https' || this.#req.socket?.encrypted === true
    // As cookie-session: a cookie that is Secure is not sent over http, where no browser would keep it.
    if (options.secure && !isSecure && this.#session) this.#requestSession.fail()
    this.#values.refresh()
    const isAgain = this.#behind?.isNew === true && this.#isKept && this.#session
    const tells = this.#live.pending !== 'nothing' || isAgain
    const how = tells && this.#session && { maxAge: lastsOf(options), renews: true, always: 'asked' as const }
    const { current } = await this.#requestSession.commit(how || undefined)
    const headers = nodeHeaders(res)
    answer(headers, [this.#requestSession])
    withoutLines(headers, name)
    const value = valueIn(current, name)
    if (value !== undefined && !(options.secure && !isSecure))
      putLine(headers, name, value, options, { cookies: this.#req.headers.cookie, isSecure, now: now() })
  }

  finish(): void {
    this.#requestSession.finish()
  }
}
