import {
  answer,
  answered,
  type RequestSession as Core,
  type Committed as CoreCommitted,
  cookiesOf,
  type HeadersOut,
  type Session,
  snapshot,
  throughAdapter,
} from '../core/adapter.ts'
import { andThen, type Maybe } from '../crypto/maybe.ts'
import type { WebResponse } from '../web.ts'
import type { CommitOptions, Committed, Lifetime, RequestSession } from './types.ts'

/** What an adapter sees of a request session of core. */
export class Passage implements RequestSession {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  get asked(): boolean {
    return this.#core.asked
  }
  get finished(): boolean {
    return this.#core.finished
  }
  get headers(): RequestSession['headers'] {
    return this.#core.lines
  }
  get cookies(): RequestSession['cookies'] {
    return cookiesOf(this.#core.lines)
  }
  get lifetime(): Lifetime | undefined {
    return this.#core.lifetime
  }
  set lifetime(lifetime: Lifetime | undefined) {
    this.#core.lifetime = lifetime
  }

  open(): Promise<Session> {
    return this.#core.open()
  }
  async reserve(): Promise<string | undefined> {
    const { handle } = await this.#core.open()
    return handle ?? this.#core.reserve()
  }
  commit(options?: CommitOptions): Maybe<Committed> {
    return andThen(this.#core.commit(options), committed)
  }
  reload(): Promise<boolean> {
    return this.#core.reload()
  }
  snapshot(): Record<string, unknown> {
    const entries = this.#core.session?.entries() ?? []
    return Object.fromEntries(entries.map(([key, value]) => [key, copyOf(key, value, this.#core.session?.shape)]))
  }
  restart(): Session {
    return this.#core.afresh()
  }

  enter(): void {
    this.#core.enter()
  }
  close(status: number, options?: CommitOptions): Maybe<Committed> {
    return andThen(this.#core.close(status, options), committed)
  }
  threw(error: unknown, status?: number): Promise<boolean> {
    return this.#core.threw(error, status)
  }
  fail(): void {
    this.#core.fail()
  }
  finish(): void {
    this.#core.finish()
  }

  answer(headers: HeadersOut): void {
    answer(headers, [this.#core])
  }
  answered(response: WebResponse): WebResponse {
    return answered(response, [this.#core])
  }
  through(handle: () => WebResponse | Promise<WebResponse>): Promise<WebResponse> {
    return throughAdapter(this.#core, handle)
  }
}

const committed = ({ plan, send, dropped }: CoreCommitted): Committed => ({
  plan,
  headers: send,
  cookies: cookiesOf(send),
  ...(dropped && { dropped }),
})

function copyOf(key: string, value: unknown, coding: Parameters<typeof snapshot>[2]): unknown {
  try {
    return snapshot(key, value, coding)
  } catch {
    return value // it was changed into what cannot be stored, which the commit will say
  }
}
