import { andThen, type Maybe, orElse } from '../crypto/maybe.ts'
import { SessionError } from '../errors.ts'
import { isEmpty } from './changes.ts'
import type { Committed } from './committed.ts'
import type { Held, Saved, Taken } from './engine.ts'
import { slideIsDue } from './expiry.ts'
import { type Plan, planCommit } from './plan.ts'
import { type Core, recognise } from './recognise.ts'
import { Reply } from './reply.ts'
import { LiveSession, type Surroundings } from './session.ts'
import type { Arrival, HeaderLine, Presented } from './transport.ts'

/** One request's session: opened on demand, committed as often as the face needs, answered once. */
export class Scope {
  readonly core: Core
  readonly #arrival: Arrival
  readonly #maySlide: boolean
  readonly #around: Surroundings
  #opening: Promise<LiveSession> | undefined
  #session: LiveSession | undefined
  #queue: ((session: LiveSession) => void)[] = []
  #refusals: unknown[] = []
  #held: Held | undefined
  /** What a ticket that opens nothing can still end. */
  #ends: Held | undefined
  #gone = false
  #finished = false
  readonly #reply: Reply
  #ticket: string | undefined
  #pending: Promise<Committed> | undefined

  constructor(core: Core, arrival: Arrival, presented: Presented) {
    this.core = core
    this.#arrival = arrival
    const { now, emit } = core.engine
    this.#around = { now, emit, admit: (what, newTicket) => this.#admit(what, newTicket) }
    this.#reply = new Reply(core.transport, core.engine, arrival)
    // A sealed session slides by sending all of it again: only with a page, where no parallel request is likely to be undone by it.
    this.#maySlide = core.keeper.kind !== 'sealed' || (presented.get('sec-fetch-mode') ?? 'navigate') === 'navigate'
  }

  /** The session; asking again gives the same object. Rejects for a store that fails, never for what a visitor sent. */
  open(): Promise<LiveSession> {
    this.#opening ??= this.#load().catch((error) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  /** Once it is open. */
  get session(): LiveSession | undefined {
    return this.#session
  }
  /** Whether anything asked for the session. */
  get asked(): boolean {
    return this.#opening !== undefined || this.#queue.length > 0
  }
  /** Whether the visitor holds this session's ticket already. */
  get holdsTicket(): boolean {
    return this.#held !== undefined && this.#reply.lines.length === 0
  }
  /** What the response must carry. */
  get lines(): readonly HeaderLine[] {
    return this.#reply.lines
  }

  /** Changes the session now if it is open, else as soon as it is, in order. */
  later(change: (session: LiveSession) => void): void {
    if (this.#session) change(this.#session)
    else this.#queue.push(change)
    if (this.#finished && !this.#session) void this.#commitQuietly()
  }

  /** After `destroy`: an empty session to go on with in this request. */
  afresh(): LiveSession {
    const session = this.#session ?? new LiveSession(this.#around)
    session.restart()
    this.#session = session
    return session
  }

  /**
   * Stores what changed since the last commit. May be repeated; commits of one scope run one after the other. Synchronous when
   * nothing has to wait. A promise that nobody waits for does not become an unhandled rejection: what failed is tried again by
   * the commit at the end of the request, which reports it.
   */
  commit(): Maybe<Committed> {
    const run = () => (this.#queue.length > 0 ? this.open().then(() => this.#commit()) : this.#commit())
    const result = this.#pending ? this.#pending.then(run, run) : run()
    if (!(result instanceof Promise)) return result
    const settled = () => {
      if (this.#pending === result) this.#pending = undefined
    }
    this.#pending = result
    result.then(settled, settled)
    return result
  }

  /** The handler threw or answered 500 or above: what is not committed is forgotten, except that the session was ended. */
  fail(): void {
    this.#queue = []
    this.#session?.revert()
  }

  /** `fail`, and the end of what was ended; the error that led here is the one to tell, not one of the store. */
  async abandon(): Promise<void> {
    this.fail()
    await this.#commitQuietly()
    this.finish()
  }

  /** The headers have left: from here on a change is stored by itself where that is possible, and else throws `TOO_LATE`. */
  finish(): void {
    this.#finished = true
  }

  async #load(): Promise<LiveSession> {
    const { held, ends, via } = await recognise(this.core, this.#arrival)
    this.#held = held
    this.#ends = ends
    if (via) this.#reply.via = via
    const session = new LiveSession(this.#around, this.#held)
    this.#session = session
    for (const change of this.#queue.splice(0)) {
      try {
        change(session)
      } catch (error) {
        this.#refusals.push(error) // for the commit to tell: whoever asked for the change has gone on
      }
    }
    return session
  }

  #commit(): Maybe<Committed> {
    const { keeper, engine } = this.core
    const session = this.#session
    if (!session) return this.#done('nothing', [])
    const [refusal] = this.#refusals.splice(0)
    if (refusal !== undefined) throw refusal
    const taken = session.take()
    const changed = !isEmpty(taken.changes)
    if (this.#gone && !taken.ended) {
      if (changed) engine.emit({ type: 'dropped', reason: 'ended' })
      return this.#done('nothing', [])
    }
    const held = this.#held ?? (taken.ended ? this.#ends : undefined)
    const slides = held !== undefined && this.#maySlide && slideIsDue(held.life, engine.policy, engine.now())
    const { ended, move } = taken
    const signsIn = move?.kind === 'signIn'
    const plan = planCommit({ held: held !== undefined, ended, changed, moves: move !== undefined, signsIn, slideIsDue: slides })
    if (plan === 'nothing') return this.#done(plan, ended ? this.#reply.clearing() : [])
    return orElse(
      () => andThen(keeper.commit(plan, held, taken), (saved) => this.#saved(plan, saved, taken, session)),
      () => taken.undo(),
    )
  }

  #saved(plan: Plan, saved: Saved, taken: Taken, session: LiveSession): Committed {
    const { emit } = this.core.engine
    const { held, ticket, dropped } = saved
    if (dropped) {
      // Ended by another request: nothing of it may be sent, or a late cookie would bring it back.
      emit({ type: 'dropped', reason: dropped, ...(this.#held && { handle: this.#held.handle }) })
      this.#gone = true
      this.#reply.lines = []
    }
    const send = ticket !== undefined && held ? this.#reply.giving(ticket, held) : plan === 'end' ? this.#reply.clearing() : []
    this.#held = held
    this.#ends = undefined
    session.settle(held, taken)
    if (!dropped) emit({ type: 'committed', plan, ...(held && { handle: held.handle }) })
    if (ticket !== undefined) this.#ticket = ticket
    return this.#done(plan, send)
  }

  #done(plan: Plan, send: readonly HeaderLine[]): Committed {
    if (send.length > 0) this.#reply.lines = send
    return { plan, send, current: this.#reply.lines, ticket: this.#ticket }
  }

  #admit(what: string, newTicket: boolean): void {
    if (!this.#finished) return
    if (newTicket || !this.#held || this.core.keeper.kind === 'sealed') {
      throw new SessionError('TOO_LATE', `The response headers have left, and ${what} would need a new cookie.`)
    }
    queueMicrotask(() => this.#commitQuietly())
  }

  /** A commit that nobody can be told of but `onEvent`. */
  async #commitQuietly(): Promise<void> {
    try {
      await this.commit()
    } catch (cause) {
      const error = cause instanceof SessionError ? cause : new SessionError('STORE_FAILED', 'A late commit failed.', { cause })
      this.core.engine.emit({ type: 'late-failed', error })
    }
  }
}
