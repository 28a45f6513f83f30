import { idleLine } from '../../cookies/idle.ts'
import {
  adapterOf,
  besides,
  type LiveSession,
  type RequestSession,
  sessionsFor,
  sessionsOf,
  setOrReduce,
} from '../../core/adapter.ts'
import { checkKinds, SessionError } from '../../errors.ts'
import type { Anything, WebRequest } from '../../web.ts'
import { type AppSessionOptions, KINDS, NAME, optionsOf } from './app-session-options.ts'
import type { Values } from './config.ts'

type Read<T, K> = (K extends keyof T ? T[K] : undefined) | undefined

/** The argument that `init` gives to the constructor of a class that extends `AppSession`, to be passed on. */
export interface OpenedSession {
  readonly cookieName: string
}
const OPENED = besides<readonly [requestSession: RequestSession, session: LiveSession]>()

/** The session of a class, whatever it adds; of `AppSession` itself, one with these values. */
type SessionOf<Class, Data extends object, Flash extends object> = [typeof AppSession, Class] extends [Class, typeof AppSession]
  ? AppSession<Data, Flash>
  : Class extends new (
        opened: OpenedSession,
      ) => infer Made
    ? Made
    : never

/**
 * The session of one request as Hydrogen wants it from 2023 on (`HydrogenSession`): in the place of the class of this name in
 * `app/lib/session.ts`, which may extend it. Its members may be taken from it and called by themselves.
 */
export class AppSession<Data extends object = Values, Flash extends object = Values> {
  readonly #name: string
  readonly #requestSession: RequestSession
  readonly #session: LiveSession
  /** The value that Hydrogen set for `isPending`, until something happens. */
  #said: boolean | undefined

  /** For classes that extend it; `init` makes sessions. */
  constructor(opened: OpenedSession) {
    const found = OPENED.get(opened)
    if (!found) {
      throw new SessionError('BAD_OPTIONS', 'An AppSession was made from something that `init` did not give.', {
        fix: 'Call `AppSession.init(request, secrets)`; a constructor of your own passes on what it is given.',
      })
    }
    this.#name = opened.cookieName
    ;[this.#requestSession, this.#session] = found
  }

  /** The session of `request`; the first of `secrets` writes, all of them read. Rejects when the store fails, never for a visitor's input. */
  static async init<Data extends object = Values, Flash extends object = Values, Class = typeof AppSession>(
    this: Class,
    request: WebRequest,
    secrets: readonly string[],
    options?: AppSessionOptions,
  ): Promise<SessionOf<Class, Data, Flash>>
  // With a second form a class may have an `init` of its own that calls this one.
  static async init(request: WebRequest, secrets: readonly string[], options?: AppSessionOptions): Promise<AppSession>
  static async init(
    this: new (
      opened: OpenedSession,
    ) => unknown,
    request: WebRequest,
    secrets: readonly string[],
    options: AppSessionOptions = {},
  ): Promise<unknown> {
    checkKinds({ ...options, secrets }, KINDS)
    const made = sessionsFor('hydrogen 2026', { ...options, secrets }, (latest) => sessionsOf(optionsOf(latest)))
    const requestSession = adapterOf(made).detached(request.headers)
    const opened: OpenedSession = { cookieName: options.name ?? NAME }
    OPENED.set(opened, [requestSession, await requestSession.open()])
    return new this(opened)
  }

  /** Whether there is something for `commit` to store; reading a flash value counts. Hydrogen sets it to false after a sign-out. */
  get isPending(): boolean {
    return this.#said ?? this.#session.pending !== 'nothing'
  }
  set isPending(said: boolean) {
    this.#said = said
  }
  /** Whether nothing can be written, because the store could not be read (`whenStoreDown`). */
  get readOnly(): boolean {
    return this.#session.readOnly
  }

  /** A value; a flash value that is read is gone with the next commit. */
  readonly get = <K extends (keyof Data | keyof Flash) & string>(key: K): Read<Data, K> | Read<Flash, K> =>
    (this.#session.has(key) ? this.#session.get(key) : this.#flashed(key)) as Anything

  readonly has = (key: (keyof Data | keyof Flash) & string): boolean =>
    this.#session.has(key) || this.#session.flashKeys().includes(key)

  /** A value; `undefined` removes it, as it would be missing from the next request's JSON. */
  readonly set = <K extends keyof Data & string>(key: K, value: Data[K]): void =>
    void setOrReduce(this.#changing(), this.#requestSession.core.engine.emit, key, value)

  readonly unset = (key: keyof Data & string): void => {
    this.#changing().delete(key)
  }

  /** Leaves a value for the next time it is read. */
  readonly flash = <K extends keyof Flash & string>(key: K, value: Flash[K]): void =>
    void setOrReduce(this.#changing(), this.#requestSession.core.engine.emit, key, value, 'flash')

  /** Stores what changed. The `Set-Cookie` line; one without effect in a browser where there is nothing to tell it. */
  readonly commit = (): Promise<string> => this.#line()

  /** Ends the session for good; what is set afterwards begins another. The line that clears its cookie. */
  readonly destroy = async (): Promise<string> => {
    this.#session.restart()
    return this.#line()
  }

  #changing(): LiveSession {
    this.#said = undefined
    return this.#session
  }
  /** Takes a flash value; where there is none nothing changes. */
  #flashed(key: string): unknown {
    return this.#session.flashKeys().includes(key) ? this.#changing().flash(key) : undefined
  }
  async #line(): Promise<string> {
    this.#said = undefined
    const { current } = await this.#requestSession.commit({ always: true })
    return current.find(([name]) => name === 'set-cookie')?.[1] ?? idleLine(this.#name, this.#requestSession.ticket)
  }
}
