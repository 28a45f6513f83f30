import { type Maybe, then } from '../crypto/maybe.ts'
import { SessionError } from '../errors.ts'
import { largest } from './body.ts'
import { isEmpty } from './changes.ts'
import type { Engine, Held, Keeper, Saved } from './engine.ts'
import { slideIsDue } from './expiry.ts'
import { type Plan, planCommit } from './plan.ts'
import { LiveSession, type Taken } from './session.ts'
import { type Arrival, CookieTooLong, type HeaderLine, type Presented, type Transport } from './transport.ts'

/** What one commit did. */
export interface Committed {
  readonly plan: Plan
  /** To put on the response now; empty when this commit gave the visitor nothing new. */
  readonly send: readonly HeaderLine[]
  /** What describes the session to this visitor, for interfaces that must return it each time; empty when there is nothing to say. */
  readonly current: readonly HeaderLine[]
  /** The secret value, when this request gave one out. */
  readonly ticket: string | undefined
}

/** What belongs to all requests of one `createSessions`. */
export interface Core {
  readonly engine: Engine
  readonly keeper: Keeper
  readonly transport: Transport
}

/** One request's session: opened on demand, committed as often as the face needs, answered once. */
export class Scope {
  readonly #core: Core
  readonly #arrival: Arrival
  readonly #maySlide: boolean
  #opening: Promise<LiveSession> | undefined
  #session: LiveSession | undefined
  #queue: ((session: LiveSession) => void)[] = []
  #held: Held | undefined
  /** What a ticket that opens nothing can still end. */
  #ends: Held | undefined
  #via: 'header' | 'cookie'
  #gone = false
  #finished = false
  #lines: readonly HeaderLine[] = []
  #ticket: string | undefined
  #pending: Promise<Committed> | undefined

  constructor(core: Core, arrival: Arrival, presented: Presented) {
    this.#core = core
    this.#arrival = arrival
    this.#via = arrival.hasHeader ? 'header' : 'cookie'
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
    return this.#held !== undefined && this.#lines.length === 0
  }
  /** What the response must carry, and how it is to be placed. */
  get answering(): { lines: readonly HeaderLine[]; transport: Transport; emit: Engine['emit'] } {
    return { lines: this.#lines, transport: this.#core.transport, emit: this.#core.engine.emit }
  }
  get pending(): Promise<Committed> | undefined {
    return this.#pending
  }

  /** Changes the session now if it is open, else as soon as it is, in order. */
  later(change: (session: LiveSession) => void): void {
    if (this.#session) change(this.#session)
    else this.#queue.push(change)
  }

  /** After `destroy`: an empty session to go on with in this request. */
  afresh(): LiveSession {
    const session = this.#session ?? new LiveSession(this.#around())
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
    try {
      await this.commit()
    } catch (error) {
      if (error instanceof SessionError) this.#core.engine.emit({ type: 'late-failed', error })
    } finally {
      this.finish()
    }
  }

  /** The headers have left: from here on a change is stored by itself where that is possible, and else throws `TOO_LATE`. */
  finish(): void {
    this.#finished = true
  }

  async #load(): Promise<LiveSession> {
    this.#held = await this.#find()
    const session = new LiveSession(this.#around(), this.#held)
    this.#session = session
    for (const change of this.#queue.splice(0)) change(session)
    return session
  }

  async #find(): Promise<Held | undefined> {
    const { keeper, engine } = this.#core
    const { groups, refused } = this.#arrival
    if (refused) engine.emit({ type: 'refused', reason: refused })
    for (const { via, values } of groups) {
      const alive = new Map<string, Held>()
      for (const ticket of values) {
        const found = await keeper.find(ticket)
        if ('refused' in found) {
          engine.emit({ type: 'refused', reason: found.refused, ...(found.handle !== undefined && { handle: found.handle }) })
          this.#ends ??= found.ends
        } else alive.set(found.handle, found)
      }
      const [held] = alive.values()
      if (alive.size > 1) engine.emit({ type: 'refused', reason: 'duplicate' })
      else if (held) {
        this.#via = via
        engine.emit({ type: 'loaded', handle: held.handle, kind: keeper.kind })
        return held
      }
    }
    return undefined
  }

  #commit(): Maybe<Committed> {
    const { keeper, engine } = this.#core
    const session = this.#session
    if (!session) return this.#done('nothing', [])
    const taken = session.take()
    const changed = !isEmpty(taken.changes)
    const held = this.#held ?? (taken.ended ? this.#ends : undefined)
    const plan = planCommit({
      held: held !== undefined,
      ended: taken.ended,
      changed,
      moves: taken.move !== undefined,
      signsIn: taken.move?.kind === 'signIn',
      slideIsDue: held !== undefined && this.#maySlide && slideIsDue(held.life, engine.policy, engine.now()),
    })
    if (this.#gone && !taken.ended) return this.#done('nothing', [])
    if (plan === 'nothing') return this.#done(plan, taken.ended && this.#arrival.hasCookie ? this.#cleared() : [])
    try {
      const saving = then(keeper.commit(plan, held, taken), (saved) => this.#saved(plan, saved, taken, session))
      return saving instanceof Promise ? saving.catch((error) => failed(error)) : saving
    } catch (error) {
      return failed(error)
    }
    function failed(error: unknown): never {
      taken.undo()
      throw error
    }
  }

  #saved(plan: Plan, saved: Saved, taken: Taken, session: LiveSession): Committed {
    const { emit } = this.#core.engine
    const { held, ticket, dropped } = saved
    if (dropped) {
      // Ended or taken over by another request: nothing of it may be sent, or a late cookie would bring it back.
      emit({ type: 'dropped', reason: dropped, handle: this.#held?.handle ?? '' })
      this.#gone = true
      this.#lines = []
    }
    const send = ticket !== undefined && held ? this.#given(ticket, held) : plan === 'end' ? this.#cleared() : []
    this.#held = held
    this.#ends = undefined
    session.settle(held, taken)
    if (!dropped) emit({ type: 'committed', plan, ...(held && { handle: held.handle }) })
    if (ticket !== undefined) this.#ticket = ticket
    return this.#done(plan, send)
  }

  #given(ticket: string, held: Held): HeaderLine[] {
    const { transport, engine } = this.#core
    const seconds = Math.ceil((held.life.endsAt - engine.now()) / 1000)
    try {
      return transport.give(ticket, this.#via, seconds, this.#arrival.pieces)
    } catch (error) {
      if (!(error instanceof CookieTooLong)) throw error
      const what = `The session does not fit into its cookie: ${error.bytes} bytes. Its largest values: ${largest(held.body)}.`
      throw new SessionError('COOKIE_TOO_LARGE', what)
    }
  }

  /** Takes the ticket from a visitor who has one; a line of this response that would have given one is simply not sent. */
  #cleared(): HeaderLine[] {
    this.#lines = []
    const { hasCookie, hasHeader, pieces } = this.#arrival
    return hasCookie || hasHeader ? this.#core.transport.clear(this.#via, pieces) : []
  }

  #done(plan: Plan, send: readonly HeaderLine[]): Committed {
    if (send.length > 0) this.#lines = send
    return { plan, send, current: this.#lines, ticket: this.#ticket }
  }

  #around(): ConstructorParameters<typeof LiveSession>[0] {
    const { now, emit } = this.#core.engine
    return { now, emit, admit: (what, newTicket) => this.#admit(what, newTicket) }
  }

  #admit(what: string, newTicket: boolean): void {
    if (!this.#finished) return
    if (newTicket || !this.#held || this.#core.keeper.kind === 'sealed') {
      throw new SessionError('TOO_LATE', `The response headers have left, and ${what} would need a new cookie.`)
    }
    queueMicrotask(async () => {
      try {
        await this.commit()
      } catch (error) {
        if (error instanceof SessionError) this.#core.engine.emit({ type: 'late-failed', error })
        else throw error
      }
    })
  }
}
