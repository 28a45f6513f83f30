import type { LiveSession, RequestSession, Session } from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import type { WebSignal } from '../../web.ts'
import { type AnySocket, closeSocket, whenClosed } from './closing.ts'

/** What can be read of a session that stands for a socket. */
export type SessionView<Data extends object = Record<string, unknown>> = Pick<
  Session<Data>,
  | 'authenticatedAt'
  | 'createdAt'
  | 'entries'
  | 'expiresAt'
  | 'get'
  | 'handle'
  | 'has'
  | 'impersonator'
  | 'isNew'
  | 'keys'
  | 'level'
  | 'owner'
  | 'requireFresh'
>

/** The session of one socket, from its handshake on. */
export interface SocketSession<Data extends object = Record<string, unknown>, Flash extends object = Record<string, unknown>> {
  /**
   * The session as it was at the handshake, or at the last `reload`: other requests may have changed it since. Throws `SESSION_ENDED` once
   * it is known that it has ended. It cannot be changed here (`READ_ONLY`).
   */
  readonly session: SessionView<Data>
  /** Aborts when the session ends anywhere, as `Session.signal` does. For a visitor without a session it never does. */
  readonly signal: WebSignal
  /**
   * Reads the session again, and shows it as `session` from here on. Rejects with `SESSION_ENDED` when it has ended, or somebody signed in
   * with it; with `CONFLICT` after a new id, of which who came with the old one is shown nothing; with `STORE_FAILED`.
   */
  reload(): Promise<SessionView<Data>>
  /**
   * Does what a message asks for: reads the session again, runs `work` on it, and stores what changed. Resolves once that is stored; rejects
   * as `reload` does, also when the session ended meanwhile, and then nothing was stored. What needs a new cookie (`signIn`,
   * `regenerateId`) throws `TOO_LATE`. When `work` throws, nothing is stored.
   */
  run<T>(work: (session: Session<Data, Flash>) => T | Promise<T>): Promise<T>
  /**
   * Closes this socket with code 4401 (socket.io: disconnects it) when the session ends, and calls `release` when the socket says that it is
   * closed. With crossws and Bun, which have a hook for that, call `release` there.
   */
  closeAtEnd(socket: AnySocket): void
  /** The socket is closed: the session is not watched for it any more, and `signal` does not abort. */
  release(): void
}

/** Of a request that was opened, and has no response any more. `guest`: makes one for who has no session. */
export class OpenSocket implements SocketSession {
  readonly #handshake: RequestSession
  readonly #opened: LiveSession
  readonly #guest: () => RequestSession
  readonly #isGuest: boolean
  #isOver = false

  constructor(handshake: RequestSession, opened: LiveSession, guest: () => RequestSession) {
    this.#handshake = handshake
    this.#opened = opened
    this.#guest = guest
    this.#isGuest = opened.handle === undefined
  }

  get session(): SessionView {
    if (this.#isOver) throw ended()
    return this.#opened as unknown as SessionView
  }

  get signal(): WebSignal {
    const { signal } = this.#opened
    signal.addEventListener('abort', this.#end, { once: true })
    return signal
  }

  reload = async (): Promise<SessionView> => {
    if (!this.#isGuest && !this.#isOver && !(await this.#handshake.reload(true))) this.#isOver = true
    return this.session
  }

  run = async <T>(work: (session: Session) => T | Promise<T>): Promise<T> => {
    const now = await this.#now()
    const came = await work((await now.open()) as unknown as Session)
    // It ended while this was under way.
    if ((await now.commit()).dropped) this.#lost()
    return came
  }

  closeAtEnd = (socket: AnySocket): void => {
    const { signal } = this
    const close = (): void => closeSocket(socket)
    if (signal.aborted) close()
    else signal.addEventListener('abort', close, { once: true })
    whenClosed(socket, () => {
      signal.removeEventListener('abort', close)
      this.release()
    })
  }

  release = (): void => this.#opened.release()

  #end = (): void => {
    this.#isOver = true
  }

  #lost(): never {
    this.#end()
    throw ended()
  }

  /** What is stored now, in a request of its own. */
  async #now(): Promise<RequestSession> {
    if (this.#isGuest) return this.#guest()
    if (this.#isOver) throw ended()
    return (await this.#handshake.again()) ?? this.#lost()
  }
}

const ended = (): SessionError =>
  new SessionError('SESSION_ENDED', 'The session of this socket has ended, or somebody signed in with it.')
