import { pairOf } from '../../cookies/cookie.ts'
import {
  answerByCall,
  cookiesOf,
  delayHeaders,
  type HeaderLine,
  type LiveSession,
  type NodeResponse,
  type RequestSession,
  refuse,
} from '../../core/adapter.ts'
import type { Maybe } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import { setClock } from './clock.ts'
import { changeBelowNext } from './cookie-lines.ts'
import { areMutable, here } from './here.ts'

const ELSEWHERE =
  'Change it in a server action, a route handler or the proxy, and call `await session.save()` there. A page can begin a session, or change one that is sealed in its cookie, only on Node and before its first part is sent.'

/** One request's session, and how its cookie reaches the visitor. */
export class Visit {
  readonly requestSession: RequestSession
  /** The Cookie header that the session goes by; undefined where nothing changes it. */
  cookie: string | undefined
  /** Whether `cookies().set` gives the visitor a cookie; else whoever made this visit does. */
  #setsCookies: boolean
  /** Name and value of each cookie that is on the response already. */
  readonly #sent = new Set<string>()
  readonly #isHeld: boolean
  /** Nothing that is done for a prefetch is stored (F31). */
  #isPrefetch = false

  /** `res`: the response of node:http, where it is known. It is held until what changed is stored. */
  constructor(requestSession: RequestSession, res: NodeResponse | undefined, cookie?: string) {
    this.requestSession = requestSession
    this.cookie = cookie
    this.#setsCookies = cookie !== undefined
    this.#isHeld = res !== undefined && this.#hold(res)
    const admit = requestSession.admit.bind(requestSession)
    // With `=`, the request would be kept (docs/decisions/035-what-a-request-leaves-behind.md).
    Object.assign(requestSession, {
      admit(...given: Parameters<typeof admit>) {
        try {
          admit(...given)
        } catch (error) {
          if (!(error instanceof SessionError) || error.code !== 'TOO_LATE') throw error
          const what = `No cookie can be sent from here, and a change of ${given[0]} would need a new one.`
          throw new SessionError('TOO_LATE', what, { fix: ELSEWHERE })
        }
      },
    })
  }

  /** In a proxy, whose wrapper sends the cookies: those that `cookies().set` gives are not seen by the page (F25). */
  inProxy(isPrefetch = false): void {
    this.#setsCookies = false
    this.#looks(isPrefetch)
  }

  #looks(isPrefetch: boolean): void {
    this.#isPrefetch = isPrefetch
    this.requestSession.request.onlyLooks = isPrefetch
  }

  /** The lines that somebody has put on the response. */
  sent(lines: readonly HeaderLine[]): void {
    for (const [, line] of lines) this.#sent.add(pairOf(line))
  }

  /** From here on a page is rendered: without a response that is held, no cookie leaves any more. */
  inPage(isPrefetch = false): void {
    if (this.#isHeld) this.#looks(isPrefetch)
    else if (!this.requestSession.finished) this.requestSession.finish()
  }

  async open(): Promise<LiveSession & { readonly save: () => Promise<void> }> {
    const session = await this.requestSession.open()
    return Object.assign(session, { save: () => this.save() })
  }

  async save(): Promise<void> {
    if (this.#isPrefetch) return
    const { send } = await this.requestSession.commit()
    // Next renders the page once more for each cookie that is set, changed or not (F30).
    const given = this.#setsCookies ? cookiesOf(send) : []
    if (given.length === 0) return
    const { cookies } = await here()
    if (!areMutable(cookies)) return // they leave with the headers that are held
    setClock()
    for (const { name, value, attributes } of given) cookies.set(name, value, attributes)
    this.sent(send)
    this.cookie = (await here()).cookie
  }

  /** Stores what changed for an answer of this status. */
  close(status: number): Maybe<unknown> {
    if (!this.#isPrefetch) return this.requestSession.close(status)
    return this.requestSession.fail()
  }

  #hold(res: NodeResponse): boolean {
    return delayHeaders(res, {
      before: () => {
        const answer = (): void => this.#answer(res)
        const closing = this.close(res.statusCode)
        return closing instanceof Promise ? closing.then(answer) : answer()
      },
      failed: (error) => refuse(res, error),
      sent: () => {
        if (!this.#isPrefetch) this.requestSession.finish()
      },
    })
  }

  /** Of the cookies that this request, its proxy and its other copies of this library gave, the newest leaves. */
  #answer(res: NodeResponse): void {
    const { asked, core, lines } = this.requestSession
    if (!asked) return
    changeBelowNext(res, (headers) => {
      for (const [name, line] of lines) if (!this.#sent.has(pairOf(line))) headers.append(name, line)
      answerByCall(headers, core, [this.requestSession])
    })
  }
}
