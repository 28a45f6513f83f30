import { pairOf } from '../../cookies/cookie.ts'
import { andThen, type Maybe, orElse } from '../../crypto/maybe.ts'
import type { WebResponse } from '../../web.ts'
import type { Happening, Known } from '../model/events.ts'
import { late, tooLate } from '../session/refusals.ts'
import { LiveSession } from '../session/session.ts'
import type { Surroundings } from '../session/surroundings.ts'
import { Commits, type Committed, NO_LINES, NOTHING_DONE } from './commit.ts'
import { type Arrival, arrived, type IncomingTickets, type RequestHeaders } from './incoming.ts'
import { type Commit, type Times, tellLifetime } from './lifetime-override.ts'
import { type Core, type LoadResult, loadSession } from './load.ts'
import { type Queue, queued } from './queue.ts'
import { type Answering, type Asking, putOn } from './response-headers.ts'
import type { HeaderLine } from './tickets.ts'
import type { Witnessed } from './witness.ts'

/** Whether what a handler did before an answer of this status counts. 0 is that of `Response.error()`. */
const counts = (status: number): boolean => status > 0 && status < 500

/** Whether a handler answered by throwing: a `Response` below 500, such as a redirect. Of another realm too, as servers bring their own. */
export const isAnswer = (thrown: unknown): thrown is WebResponse =>
  (Object.prototype.toString.call(thrown) === '[object Response]' || thrown instanceof Response) &&
  counts((thrown as Response).status)

/** One request's session: opened on demand, committed as often as the adapter needs, answered once. */
export class RequestSession implements Surroundings, Witnessed, Answering {
  readonly core: Core
  readonly incoming: IncomingTickets
  readonly now: () => number
  readonly request: Arrival
  /** Made when the session is opened: most pages need none of it. */
  #commits: Commits | undefined
  #queue: Queue | undefined
  #opening: Promise<LiveSession> | undefined
  /** Once it is open. */
  session: LiveSession | undefined
  underWay: Promise<Committed> | undefined
  #adapters = 0
  finished = false
  #given = NO_LINES
  /** Nothing is committed that was not asked for, not even at the end. */
  commitsByCall = false
  found: LoadResult | undefined
  /** How long the session lasts, from the next commit on. Assigning it sends the cookie again. */
  lifetime: Times | undefined

  constructor(core: Core, presented: RequestHeaders, tickets?: IncomingTickets) {
    this.core = core
    this.now = core.engine.now
    this.request = arrived(core, presented, tickets)
    this.incoming = this.request.tickets
  }

  /** The session; asking again gives the same object. Rejects for a store that fails, never for what a visitor sent. */
  open(): Promise<LiveSession> {
    if (this.#opening) return this.#opening
    const { promise, resolve, reject } = Promise.withResolvers<LiveSession>()
    this.#opening = promise
    const failed = (error: unknown): void => {
      this.#opening = undefined
      reject(this.request.failed(error))
    }
    try {
      const loaded = this.#load()
      if (loaded instanceof Promise) loaded.then(resolve, failed)
      else resolve(loaded)
    } catch (error) {
      failed(error)
    }
    return promise
  }

  get asked(): boolean {
    return this.#opening !== undefined || Boolean(this.#queue?.size)
  }
  get isProven(): boolean {
    return this.found?.loaded !== undefined
  }
  get holdsTicket(): boolean {
    return this.#commits?.holdsTicket ?? false
  }
  /** The secret value that opens the session now: what the visitor holds, or was given by a commit. */
  get ticket(): string | undefined {
    return this.#commits?.ticket
  }
  get lines(): readonly HeaderLine[] {
    return this.#commits?.response?.lines ?? NO_LINES
  }
  get gave(): ReadonlySet<string> {
    return new Set(this.#given.map(([, line]) => pairOf(line)))
  }
  /** Changes the session now if it is open, else as soon as it is, in order. */
  later(change: (session: LiveSession) => void): void {
    if (this.session) change(this.session)
    else this.#queue = queued(change, this.#queue)
    if (this.finished && !this.session) void this.#commitQuietly()
  }

  /** After `destroy`: an empty session to go on with in this request. */
  afresh(): LiveSession {
    this.session ??= new LiveSession(this)
    this.session.restart()
    return this.session
  }

  /**
   * Stores what changed since the last commit, one commit after the other; at once when nothing has to wait. A promise that nobody waits for
   * becomes no unhandled rejection: the commit at the end of the request tries again what failed, and reports it.
   */
  commit(how?: Commit): Maybe<Committed> {
    const run = () => this.#commit(how)
    const result = this.underWay ? this.underWay.then(run, run) : run()
    if (!(result instanceof Promise)) return result
    const settled = () => {
      if (this.underWay === result) this.underWay = undefined
    }
    this.underWay = result
    result.then(settled, settled)
    return result
  }

  /** Once it is open: draws the id of the session that begins with the next commit. Its handle; undefined: only storing it tells. */
  reserve(): Maybe<string | undefined> {
    return andThen(this.core.persistence.reserve?.(), (begun) => {
      if (begun) this.session?.reserve(begun)
      return begun?.key
    })
  }

  /**
   * Reads the session again as it is stored now, and forgets what is not committed. False, and nothing changed: it is not there any more.
   * `byRecord`: for a connection, whose ticket was presented long ago, and is not presented once more.
   */
  async reload(byRecord = false): Promise<boolean> {
    await this.underWay?.catch(() => {})
    return (this.session && (await this.#commits?.reload(this.session, byRecord))) ?? false
  }

  /** The same session in a request of its own, which has no response. undefined: it has ended, or is somebody else's. */
  async again(): Promise<RequestSession | undefined> {
    const loaded = await this.#commits?.again()
    if (!loaded) return undefined
    const next = new RequestSession(this.core, { get: () => null }, this.core.transport.bare([]))
    next.#opening = Promise.resolve(next.#begin({ loaded }))
    next.finished = next.commitsByCall = true
    return next
  }

  /** The commit at the end of a request, of what counts with this status. When it fails, nothing but the session's end is tried again. */
  close(status: number, how?: Commit): Maybe<Committed> {
    if (!counts(status)) this.fail(status)
    return orElse(
      () => this.commit(how),
      (error) => this.fail(undefined, error),
    )
  }

  /** The handler failed: what is not committed is forgotten, except that the session was ended. */
  fail(status?: number, error?: unknown): void {
    if (error) this.request.failed(error)
    if (status && this.session && this.session.pending !== 'nothing') this.request.keep({ type: 'unkept', status })
    this.#queue?.clear()
    this.session?.revert()
  }
  /** `fail`, and the end of what was ended; the error that led here is the one to tell, not one of the store. */
  async abandon(status = 500): Promise<void> {
    this.fail(status)
    await this.#commitQuietly()
    this.finish()
  }

  /** In place of `close` and `finish`, for a handler that threw. Whether the throw is an answer: a `Response`, or what has a `status` below 500. */
  async threw(error: unknown, status: number = isAnswer(error) ? error.status : 500): Promise<boolean> {
    if (!counts(status)) {
      await this.abandon(status)
      return false
    }
    try {
      await this.close(status)
    } finally {
      this.finish()
    }
    return true
  }

  /** An adapter is passed; adapters within adapters share the request session, and the outermost is the last to `finish`. */
  enter(): void {
    this.#adapters++
  }
  /** The headers have left: later changes are stored where that is possible, or throw `TOO_LATE`. `isCommitted`: a commit has just looked for changes. */
  finish(isCommitted = false): void {
    if (--this.#adapters > 0) return
    this.finished = true
    this.core.witness?.left(this)
    if (isCommitted || this.commitsByCall || !this.session) return
    try {
      const { pending } = this.session
      if (pending === 'nothing') return
      // Made while the last commit was under way, or an end that could not be carried out.
      if (pending === 'ticket' || !this.#commits?.storesLate) throw tooLate('a change made while they did')
      void this.#commitQuietly()
    } catch (error) {
      this.emit(late(error))
    }
  }

  #load(): Maybe<LiveSession> {
    const judged = (result: LoadResult) => this.core.bound?.judge(result, this.incoming, this.request) ?? result
    return andThen(andThen(loadSession(this.core, this.incoming, this.request), judged), (result) => this.#begin(result))
  }

  #begin(result: LoadResult): LiveSession {
    if (this.#commits) this.#commits.begin(result)
    else this.#commits = new Commits(this.core, this.incoming, this.request, result)
    this.found = result
    this.session = new LiveSession(this, result)
    this.#queue?.run(this.session)
    return this.session
  }

  #commit(how: Commit | undefined): Maybe<Committed> {
    if (this.#queue?.size) return this.open().then(() => this.#commit(how))
    if (!this.session) return { ...NOTHING_DONE, current: this.lines }
    this.#commits ??= new Commits(this.core, this.incoming, this.request) // of a session begun afresh
    this.#queue?.check()
    const commits = this.#commits
    const { lifetime } = this
    const given: Commit | undefined = lifetime ? { ...lifetime, renews: true, always: 'asked', ...how } : how
    return andThen(commits.commit(this.session, given && tellLifetime(given, this.session, this.now)), (done) => {
      if (lifetime && this.lines.length === 0 && done.current.length > 0) commits.resend(done.current)
      if (this.lifetime === lifetime) this.lifetime = undefined
      if (done.current.length > 0) this.#given = [...this.#given, ...done.current]
      if (this.finished && this.commitsByCall && done.send.length > 0) throw tooLate('what was committed')
      return done
    })
  }

  /** What its response is to say. */
  asking(presents: boolean = this.isProven || this.incoming.presents): Asking {
    const { core, lines } = this
    return { lines, presents, site: core.transport, timing: core.witness?.timing(this), by: this }
  }

  emit(event: Happening, known?: Known): void {
    this.core.engine.emit(event, { request: this.request, ...known })
  }

  admit(what: string, newTicket: boolean): void {
    if (!this.finished) return
    if (newTicket || !this.#commits?.storesLate) throw this.request.failed(tooLate(what))
    if (!this.commitsByCall) queueMicrotask(() => this.#commitQuietly())
  }

  /** A commit that nobody can be told of but `onEvent`. */
  async #commitQuietly(): Promise<void> {
    try {
      await this.commit()
    } catch (error) {
      this.emit(late(error))
    }
  }
}

/**
 * Runs `handle` inside the adapter of `requestSession`, and gives a copy of its answer with the session's headers, or what `reply` makes of it.
 * An answer that was thrown is thrown on, as such a copy. After any other error the session is abandoned. Nothing waits that has no need to.
 */
export async function throughAdapter(
  requestSession: RequestSession,
  handle: () => Response | Promise<Response>,
  reply?: (response: Response) => Response,
): Promise<Response> {
  requestSession.enter()
  let thrown = false
  let response: Response
  try {
    response = await handle()
    if (!response) throw new TypeError('The handler given to withSession() returned no Response.')
  } catch (error) {
    if (!isAnswer(error)) {
      await requestSession.abandon()
      throw error
    }
    response = error
    thrown = true
  }
  let isCommitted = false
  try {
    const closing = requestSession.close(response.status)
    if (closing instanceof Promise) await closing
    // Nothing of the application ran meanwhile, unless it is told of what was stored.
    else isCommitted = closing.plan === 'nothing' || !requestSession.core.engine.isTold
    if (reply) response = reply(response)
    else if (requestSession.asked) response = putOn(response, [requestSession.asking()])
  } finally {
    requestSession.finish(isCommitted)
  }
  if (thrown) throw response
  return response
}
