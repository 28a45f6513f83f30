import { andThen, type Maybe, orElse } from '../crypto/maybe.ts'
import { SessionError } from '../errors.ts'
import { isEmpty } from './changes.ts'
import type { Committed } from './committed.ts'
import type { Circumstances, Engine, Held, Saved, Taken } from './engine.ts'
import { rolls } from './expiry.ts'
import { slides, timed } from './lasting.ts'
import { saysMovedOn } from './pending.ts'
import { type Plan, planCommit } from './plan.ts'
import { type Core, type Recognised, recognise } from './recognise.ts'
import { Reply } from './reply.ts'
import type { LiveSession } from './session.ts'
import type { Arrival, HeaderLine, LineOptions, Presented } from './transport.ts'

/** What a commit asks for; `renews`: the application committed, and is to get a cookie again that ends with the idle end. */
type Asked = LineOptions & { readonly renews?: boolean; readonly always?: boolean | 'asked' }

/** Carries one request's changes out, commit after commit, and keeps what the response must say of it. */
export class Committer {
  readonly #core: Core
  readonly #reply: Reply
  readonly #request: Circumstances
  #held: Held | undefined
  /** What tickets that open nothing stand for. */
  #over: readonly Held[] = []
  #blocked: SessionError | undefined
  #cannotEnd: SessionError | undefined
  #gone = false
  /** What the visitor holds, or was given. */
  #ticket: string | undefined
  #given = false
  /** The response gives no ticket but one that the visitor came with. */
  #repeats: boolean | undefined
  #forget: (() => Promise<void>) | undefined

  constructor(core: Core, arrival: Arrival, presented: Presented) {
    this.#core = core
    this.#reply = new Reply(core.transport, core.engine, arrival)
    // A ticket that is sent again may undo what a parallel request has sent: only with a page is that unlikely.
    this.#request = { arrivedAt: timeOf(core.engine), mayResend: (presented.get('sec-fetch-mode') ?? 'navigate') === 'navigate' }
  }

  async recognise(arrival: Arrival): Promise<Recognised> {
    const recognised = await recognise(this.#core, arrival, this.#request.arrivedAt)
    const { held, over = [], blocked, cannotEnd, via, ticket, foreign } = recognised
    this.#held = held
    this.#over = over
    this.#blocked = blocked
    this.#cannotEnd = cannotEnd
    this.#ticket = ticket
    this.#forget = foreign?.forget
    this.#reply.other = foreign?.cookieName
    if (via) this.#reply.via = via
    return recognised
  }

  get lines(): readonly HeaderLine[] {
    return this.#reply.lines
  }
  get holdsTicket(): boolean {
    return this.#held !== undefined && !this.#held.foreign && this.#reply.lines.length === 0
  }
  /** The secret value that opens the session now. */
  get ticket(): string | undefined {
    return this.#held && this.#ticket
  }
  /** Whether a change can be stored without the visitor being told. */
  get storesLate(): boolean {
    return this.#held !== undefined && !this.#held.foreign && this.#core.keeper.kind !== 'sealed'
  }

  commit(session: LiveSession, how: Asked = {}): Maybe<Committed> {
    const { keeper, engine } = this.#core
    const taken = timed(session.take(), this.#held, this.#core, how.renews === true && !this.#given)
    const { lasts, ...values } = taken.changes
    const changed = !isEmpty(values) || (lasts !== undefined && this.#held !== undefined && !taken.ended)
    if (this.#gone && !taken.ended) {
      if (changed) engine.emit({ type: 'dropped', reason: 'ended' })
      return this.done('nothing', [])
    }
    const held = this.#held
    const { ended, move, begins } = taken
    const refusal = (move ? undefined : this.#blocked) ?? (ended ? (this.#blocked ?? this.#cannotEnd) : undefined)
    if (refusal && (changed || ended)) {
      if (!ended) taken.undo() // an end is not tried again when the headers leave
      throw refusal
    }
    // Whoever asks for a new id begins a session of their own.
    if (move) this.#blocked = undefined
    const slideIsDue = taken.renews === true || (held !== undefined && this.#maySlide(held) && slides(held, this.#core))
    const signsIn = move?.kind === 'signIn'
    const moves = move !== undefined
    const isThere = held !== undefined || (ended && this.#over.length > 0)
    const plan = planCommit({ held: isThere, ended, changed, begins, moves, signsIn, slideIsDue })
    if (plan === 'nothing' && !ended) return this.#again(this.done(plan, this.#differently(how)), how)
    if (plan === 'nothing') return this.done(plan, this.#reply.clearing(how, how.always !== undefined))
    return orElse(
      () =>
        andThen(keeper.commit(plan, held, taken, this.#request, this.#over), (saved) =>
          this.#saved(plan, saved, taken, session, how),
        ),
      (error) => {
        taken.undo()
        // Another request may have written first, and signed in: what the visitor has already would take the place of its new ticket.
        const mayUndo = this.#repeats && (ended || taken.attempts.areOvertaken)
        if (saysMovedOn(error) || mayUndo) this.#reply.lines = []
      },
    )
  }

  /** Whether use that changes nothing may move the idle end: where the ticket or its cookie ends with it, the visitor has to be told. */
  #maySlide(held: Held): boolean {
    const { keeper, engine } = this.#core
    if (this.#request.mayResend || keeper.resends || keeper.kind === 'custom') return true
    return keeper.kind === 'stored' && (this.#reply.via === 'header' || !rolls(held.body, engine.policy))
  }

  done(plan: Plan, send: readonly HeaderLine[]): Committed {
    if (send.length > 0) this.#reply.lines = send
    return { plan, send, current: this.#reply.lines, ticket: this.#given ? this.#ticket : undefined }
  }

  /** The line once more, when this request gave one and it is to look different. */
  #differently(how: LineOptions): readonly HeaderLine[] {
    if (!how.attributes || !this.#given || !this.#held || this.#ticket === undefined) return []
    return this.#reply.giving(this.#ticket, this.#held, how)
  }

  /** The line of the ticket that the visitor holds, where one is given each time. */
  #again(done: Committed, how: Asked): Maybe<Committed> {
    const [held, ticket] = [this.#held, this.#ticket]
    if (!how.always || this.#given || !held || held.foreign || held.isReplaced || ticket === undefined) return done
    const { isCurrent: reads } = this.#core.keeper
    const isCurrent = reads ? done.plan === 'update' || reads(held) : how.always === 'asked'
    return andThen(isCurrent, (is) => (is ? { ...done, current: this.#reply.giving(ticket, held, how) } : done))
  }

  #saved(plan: Plan, saved: Saved, taken: Taken, session: LiveSession, how: Asked): Maybe<Committed> {
    const { emit } = this.#core.engine
    const { held, ticket, dropped, repeats, overtaken } = saved
    this.#gone = dropped !== undefined
    if (dropped) {
      // Ended by another request: nothing of it may be sent, or a late cookie would bring it back.
      emit({ type: 'dropped', reason: dropped, ...(this.#held && { handle: this.#held.handle }) })
    }
    // Nor may the old ticket of a session that another request has given a new id: its answer may have come first.
    if (dropped || held?.isReplaced || (overtaken && this.#repeats)) this.#reply.lines = []
    if (ticket !== undefined || !held) this.#repeats = repeats && !this.#held?.foreign && (this.#repeats || !this.#given)
    const send =
      ticket !== undefined && held
        ? this.#reply.giving(ticket, held, how)
        : plan === 'end'
          ? this.#reply.clearing(how, how.always !== undefined)
          : []
    this.#held = held
    if (plan === 'end' || plan === 'end+create') this.#over = []
    if (held) this.#blocked = this.#cannotEnd = undefined
    session.settle(held, taken)
    if (!dropped) emit({ type: 'committed', plan, ...(held && { handle: held.handle }) })
    if (ticket !== undefined) this.#ticket = ticket
    this.#given ||= ticket !== undefined
    const committed = this.#again(this.done(plan, send), how)
    const forget = this.#forget
    if (!forget) return committed
    this.#forget = undefined
    return removed(forget).then(
      () => committed,
      (cause) => {
        const error = new SessionError('STORE_FAILED', 'The old record of a session that was adopted was not removed.', { cause })
        emit({ type: 'late-failed', error })
        return committed
      },
    )
  }
}

/** A clock that tells no time is told of when the session is opened. */
function timeOf({ now }: Engine): number {
  try {
    return now()
  } catch {
    return Number.NaN
  }
}

/** Also when it throws instead of rejecting. */
async function removed(forget: () => Promise<void>): Promise<void> {
  await forget()
}
