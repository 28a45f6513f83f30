import { pairOf } from '../../cookies/cookie.ts'
import { andThen, type Maybe, orElse } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import { tooLate } from '../session/refusals.ts'
import { LiveSession } from '../session/session.ts'
import type { Surroundings } from '../session/surroundings.ts'
import type { Commit, Committed } from './committed.ts'
import { Committer } from './committer.ts'
import { lastsOf } from './lifetime-override.ts'
import type { Core } from './load.ts'
import { Queue } from './queue.ts'
import { counts } from './status.ts'
import type { HeaderLine, IncomingTickets, RequestHeaders } from './tickets.ts'

/** One request's session: opened on demand, committed as often as the adapter needs, answered once. */
export class RequestSession {
  readonly core: Core
  /** Whether the request presented what may be a ticket. */
  readonly presents: boolean
  readonly #incoming: IncomingTickets
  readonly #committer: Committer
  readonly #around: Surroundings
  readonly #queue = new Queue()
  #opening: Promise<LiveSession> | undefined
  #session: LiveSession | undefined
  #pending: Promise<Committed> | undefined
  #adapters = 0
  #finished = false
  /** Nothing is committed that was not asked for, not even at the end. */
  commitsByCall = false
  /** Whether what the request presented opened a session. */
  isProven = false
  /** Every name and value of a cookie that a commit gave. */
  readonly gave: Set<string> = new Set()

  constructor(core: Core, incoming: IncomingTickets, presented: RequestHeaders) {
    this.core = core
    this.presents = incoming.presents
    this.#incoming = incoming
    const { now, emit } = core.engine
    this.#committer = new Committer(core, incoming, presented)
    this.#around = { now, emit, admit: (what, newTicket) => this.#admit(what, newTicket) }
  }

  /** The session; asking again gives the same object. Rejects for a store that fails, never for what a visitor sent. */
  open(): Promise<LiveSession> {
    this.#opening ??= this.#load().catch((error) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  get session(): LiveSession | undefined {
    return this.#session
  }
  /** Whether anything asked for the session. */
  get asked(): boolean {
    return this.#opening !== undefined || this.#queue.size > 0
  }
  /** Whether the visitor holds this session's ticket already. */
  get holdsTicket(): boolean {
    return this.#committer.holdsTicket
  }
  /** Whether the headers have left. */
  get finished(): boolean {
    return this.#finished
  }
  /** The secret value that opens the session now: what the visitor holds, or was given by a commit. */
  get ticket(): string | undefined {
    return this.#committer.ticket
  }
  /** The commit under way. */
  get underWay(): Promise<unknown> | undefined {
    return this.#pending
  }
  /** What the response must carry. */
  get lines(): readonly HeaderLine[] {
    return this.#committer.lines
  }

  /** Changes the session now if it is open, else as soon as it is, in order. */
  later(change: (session: LiveSession) => void): void {
    if (this.#session) change(this.#session)
    else this.#queue.push(change)
    if (this.#finished && !this.#session) void this.#commitQuietly()
  }

  /** After `destroy`: an empty session to go on with in this request. */
  afresh(): LiveSession {
    this.#session ??= new LiveSession(this.#around)
    this.#session.restart()
    return this.#session
  }

  /**
   * Stores what changed since the last commit. May be repeated; commits of one request session run one after the other. Synchronous when
   * nothing has to wait. A promise that nobody waits for does not become an unhandled rejection: what failed is tried again by
   * the commit at the end of the request, which reports it.
   */
  commit(how: Commit = {}): Maybe<Committed> {
    const run = () => (this.#queue.size > 0 ? this.open().then(() => this.#commit(how)) : this.#commit(how))
    const result = this.#pending ? this.#pending.then(run, run) : run()
    if (!(result instanceof Promise)) return result
    const settled = () => {
      if (this.#pending === result) this.#pending = undefined
    }
    this.#pending = result
    result.then(settled, settled)
    return result
  }

  /**
   * The commit at the end of a request that was answered with `status`: one that does not count is a failure of the handler.
   * When the commit fails itself, nothing is tried again behind the visitor's back, except that the session was ended.
   */
  close(status: number, how: Commit = {}): Maybe<Committed> {
    if (!counts(status)) this.fail()
    return orElse(
      () => this.commit(how),
      () => this.fail(),
    )
  }

  /** The handler failed: what is not committed is forgotten, except that the session was ended. */
  fail(): void {
    this.#queue.clear()
    this.#session?.revert()
  }

  /** `fail`, and the end of what was ended; the error that led here is the one to tell, not one of the store. */
  async abandon(): Promise<void> {
    this.fail()
    await this.#commitQuietly()
    this.finish()
  }

  /** An adapter is passed; adapters within adapters share the request session, and the outermost is the last to `finish`. */
  enter(): void {
    this.#adapters++
  }

  /** The headers have left: from here on a change is stored by itself where that is possible, and else throws `TOO_LATE`. */
  finish(): void {
    if (--this.#adapters > 0) return
    this.#finished = true
    if (this.commitsByCall) return
    try {
      const pending = this.#session?.pending ?? 'nothing'
      if (pending === 'nothing') return
      // Made while the last commit was under way, or an end that could not be carried out.
      if (pending === 'ticket' || !this.#committer.storesLate) throw tooLate('a change made while they did')
      void this.#commitQuietly()
    } catch (error) {
      this.#tell(error)
    }
  }

  async #load(): Promise<LiveSession> {
    const result = await this.#committer.loadSession(this.#incoming)
    this.isProven = result.loaded !== undefined
    this.#session = new LiveSession(this.#around, result)
    this.#queue.run(this.#session)
    return this.#session
  }

  #commit(how: Commit): Maybe<Committed> {
    if (!this.#session) return this.#committer.done('nothing', [])
    this.#queue.check()
    const lasts = lastsOf(how, this.core.engine.now())
    if (lasts !== undefined && lasts > 0) this.#session.last(lasts)
    else if (lasts !== undefined) this.#session.restart() // over already
    const committed = this.#committer.commit(this.#session, { ...how, lasts: lasts !== undefined })
    return andThen(committed, (done) => {
      for (const [, line] of done.current) this.gave.add(pairOf(line))
      if (this.#finished && this.commitsByCall && done.send.length > 0) throw tooLate('what was committed')
      return done
    })
  }

  #admit(what: string, newTicket: boolean): void {
    if (!this.#finished) return
    if (newTicket || !this.#committer.storesLate) throw tooLate(what)
    if (!this.commitsByCall) queueMicrotask(() => this.#commitQuietly())
  }

  /** A commit that nobody can be told of but `onEvent`. */
  async #commitQuietly(): Promise<void> {
    try {
      await this.commit()
    } catch (error) {
      this.#tell(error)
    }
  }

  #tell(cause: unknown): void {
    const error = cause instanceof SessionError ? cause : new SessionError('STORE_FAILED', 'A late commit failed.', { cause })
    this.core.engine.emit({ type: 'late-failed', error })
  }
}
