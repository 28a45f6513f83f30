import { andThen, type Maybe, orElse } from '../crypto/maybe.ts'
import { isEmpty } from './changes.ts'
import type { Committed } from './committed.ts'
import type { Held, Saved, Taken } from './engine.ts'
import { slideIsDue } from './expiry.ts'
import { type Plan, planCommit } from './plan.ts'
import type { Core, Recognised } from './recognise.ts'
import { Reply } from './reply.ts'
import type { LiveSession } from './session.ts'
import type { Arrival, HeaderLine, Presented } from './transport.ts'

/** Carries one request's changes out, commit after commit, and keeps what the response must say of it. */
export class Committer {
  readonly #core: Core
  readonly #reply: Reply
  readonly #maySlide: boolean
  #held: Held | undefined
  /** What a ticket that opens nothing can still end. */
  #ends: Held | undefined
  #gone = false
  #ticket: string | undefined

  constructor(core: Core, arrival: Arrival, presented: Presented) {
    this.#core = core
    this.#reply = new Reply(core.transport, core.engine, arrival)
    // A sealed session slides by sending all of it again: only with a page, where no parallel request is likely to be undone by it.
    this.#maySlide = core.keeper.kind !== 'sealed' || (presented.get('sec-fetch-mode') ?? 'navigate') === 'navigate'
  }

  begin({ held, ends, via }: Recognised): void {
    this.#held = held
    this.#ends = ends
    if (via) this.#reply.via = via
  }

  get lines(): readonly HeaderLine[] {
    return this.#reply.lines
  }
  get holdsTicket(): boolean {
    return this.#held !== undefined && this.#reply.lines.length === 0
  }
  /** Whether a change can be stored without the visitor being told. */
  get storesLate(): boolean {
    return this.#held !== undefined && this.#core.keeper.kind !== 'sealed'
  }

  commit(session: LiveSession): Maybe<Committed> {
    const { keeper, engine } = this.#core
    const taken = session.take()
    const changed = !isEmpty(taken.changes)
    if (this.#gone && !taken.ended) {
      if (changed) engine.emit({ type: 'dropped', reason: 'ended' })
      return this.done('nothing', [])
    }
    const held = this.#held ?? (taken.ended ? this.#ends : undefined)
    const slides = held !== undefined && this.#maySlide && slideIsDue(held.life, engine.policy, engine.now())
    const { ended, move } = taken
    const signsIn = move?.kind === 'signIn'
    const plan = planCommit({ held: held !== undefined, ended, changed, moves: move !== undefined, signsIn, slideIsDue: slides })
    if (plan === 'nothing') return this.done(plan, ended ? this.#reply.clearing() : [])
    return orElse(
      () => andThen(keeper.commit(plan, held, taken), (saved) => this.#saved(plan, saved, taken, session)),
      () => taken.undo(),
    )
  }

  done(plan: Plan, send: readonly HeaderLine[]): Committed {
    if (send.length > 0) this.#reply.lines = send
    return { plan, send, current: this.#reply.lines, ticket: this.#ticket }
  }

  #saved(plan: Plan, saved: Saved, taken: Taken, session: LiveSession): Committed {
    const { emit } = this.#core.engine
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
    return this.done(plan, send)
  }
}
