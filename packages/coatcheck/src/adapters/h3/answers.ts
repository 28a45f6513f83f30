import {
  answer,
  besides,
  changeHeaders,
  delayHeaders,
  type HeadersOut,
  type NodeResponse,
  type RequestSession,
  takeBack,
} from '../../core/adapter.ts'
import { andThen, type Maybe } from '../../crypto/maybe.ts'
import type { SessionError } from '../../errors.ts'
import { type H3EventLike, headersOf, isAnswerTo, nodeResponseOf, preparedOf } from './event.ts'

/** By event: what its answer has to carry. */
const answers = besides<Answer>()

/** The answer of an event in which a session was asked for. */
export const knownAnswer = (event: object): Answer | undefined => answers.get(event)

export function answerOf(event: H3EventLike): Answer {
  const answer = answers.get(event) ?? new Answer(event)
  answers.set(event, answer)
  return answer
}

/** The request sessions that one event's answer speaks for, and its end. */
export class Answer {
  readonly #requestSessions = new Set<RequestSession>()
  /** Those from the beginning: h3 2 lets go of `event.res` before it turns the result into text. */
  readonly #headers: readonly HeadersOut[]
  /** Node's own response waits until all is stored. */
  readonly isHeld: boolean
  #isOver: boolean

  constructor(event: H3EventLike) {
    const res = nodeResponseOf(event)
    this.#headers = res?.headersSent ? [] : headersOf(event)
    this.#isOver = this.#headers.length === 0
    this.isHeld = res !== undefined && !this.#isOver && isAnswerTo(event, res) && this.#delayHeaders(res)
    if (this.isHeld) return
    if (preparedOf(event) && event.app) watch(event.app as App)
    else if (res && Object.hasOwn(res, '_headers') && !this.#isOver) this.#stayOn(res)
  }

  /** `requestSession` is asked for in this event. */
  add(requestSession: RequestSession): void {
    if (this.#requestSessions.has(requestSession)) return
    this.#requestSessions.add(requestSession)
    requestSession.enter()
    if (this.#isOver) requestSession.finish() // what would need a cookie must fail then, and not be lost in silence
  }

  /** Puts what there is to say on the response in preparation. */
  put(): void {
    for (const headers of this.#headers) this.#putOn(headers)
  }

  /** Stores what is not stored yet. */
  close(status: number): Maybe<void> {
    return this.#living().reduce<Maybe<void>>(
      (done, requestSession) => andThen(done, () => andThen(requestSession.close(status), () => undefined)),
      undefined,
    )
  }

  /** The end where nothing is held: of a response that is about to be handed over. */
  async complete(response: { readonly status: number; readonly headers: HeadersOut }): Promise<void> {
    if (this.isHeld) return
    try {
      await this.close(response.status)
      this.#putOn(response.headers)
    } catch (error) {
      for (const { core } of this.#living()) core.engine.emit({ type: 'late-failed', error: error as SessionError })
      throw error
    } finally {
      this.finish()
    }
  }

  finish(): void {
    this.#isOver = true
    for (const requestSession of this.#requestSessions) requestSession.finish()
  }

  #delayHeaders(res: NodeResponse): boolean {
    return delayHeaders(res, {
      before: () => andThen(this.close(res.statusCode), () => changeHeaders(res, (headers) => this.#putOn(headers))),
      failed: (error) => refuse(res, error),
      sent: () => this.finish(),
    })
  }

  /** The imitation that h3 1 makes of a response tells nobody when its headers leave: each change is followed by what there is to say. */
  #stayOn(res: NodeResponse): void {
    let isPutting = false
    for (const name of ['setHeader', 'appendHeader', 'removeHeader'] as const) {
      const change: (...args: never[]) => unknown = res[name].bind(res)
      const changed = (...args: never[]): unknown => {
        const result = change(...args)
        if (isPutting) return result
        isPutting = true
        for (const headers of this.#headers) answer(headers, this.#requestSessions)
        isPutting = false
        return result
      }
      Object.assign(res, { [name]: changed })
    }
  }

  #living(): RequestSession[] {
    return [...this.#requestSessions].filter((requestSession) => !requestSession.finished)
  }

  #putOn(headers: HeadersOut): void {
    // Last the one with something to say: two request sessions of one name are there when it was cleared without a password.
    answer(
      headers,
      this.#living().sort((a, b) => Number(a.lines.length > 0) - Number(b.lines.length > 0)),
    )
  }
}

/** An application of h3 2. */
interface App {
  config: { readonly onResponse?: (response: Response, event: object) => unknown }
}

const watched = new WeakSet<App>()

/** Where there is no response to hold, an application's `onResponse` waits; h3 prints what it throws, and goes on. */
function watch(app: App): void {
  if (watched.has(app)) return
  watched.add(app)
  const { onResponse } = app.config
  const complete = async (response: Response, event: object): Promise<void> => {
    await answers.get(event)?.complete(response)
    await onResponse?.(response, event)
  }
  if (Object.isFrozen(app.config)) app.config = { ...app.config, onResponse: complete }
  else Object.assign(app.config, { onResponse: complete })
}

/** The answer when what was held cannot be stored: nobody else is there to give one. */
function refuse(res: NodeResponse, error: unknown): void {
  console.error('coatcheck: the request failed.', error)
  takeBack(res)
  res.setHeader('content-type', 'application/json')
  ;(res as { end(body: string): unknown }).end('{"status":500,"message":"Internal Server Error"}')
}
