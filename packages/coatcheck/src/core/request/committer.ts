import { andThen, type Maybe, orElse } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import type { ChangeSet, Circumstances, Engine, LoadedSession, Saved } from '../engine.ts'
import { isEmpty } from '../model/changes.ts'
import { rolls } from '../model/lifetime.ts'
import { type Plan, planCommit } from '../model/plan.ts'
import { saysMovedOn } from '../persistence/stored/pending-commit.ts'
import type { LiveSession } from '../session/session.ts'
import type { Committed } from './committed.ts'
import { slides, timed } from './lifetime-override.ts'
import { type Core, type LoadResult, loadSession } from './load.ts'
import { TicketResponse } from './ticket-response.ts'
import type { HeaderLine, IncomingTickets, LineOptions, RequestHeaders } from './tickets.ts'

/** What a commit asks for; `renews`: the application committed, and is to get a cookie again that ends with the idle end. */
type Asked = LineOptions & { readonly renews?: boolean; readonly always?: boolean | 'asked' }

/** Carries one request's changes out, commit after commit, and keeps what the response must say of it. */
export class Committer {
  readonly #core: Core
  readonly #reply: TicketResponse
  readonly #request: Circumstances
  #loaded: LoadedSession | undefined
  /** What tickets that open nothing stand for. */
  #over: readonly LoadedSession[] = []
  #blocked: SessionError | undefined
  #cannotEnd: SessionError | undefined
  #gone = false
  /** What the visitor holds, or was given. */
  #ticket: string | undefined
  #given = false
  /** The response gives no ticket but one that the visitor came with. */
  #repeats: boolean | undefined
  #forget: (() => Promise<void>) | undefined

  constructor(core: Core, incoming: IncomingTickets, presented: RequestHeaders) {
    this.#core = core
    this.#reply = new TicketResponse(core.transport, core.engine, incoming)
    // A ticket that is sent again may undo what a parallel request has sent: only with a page is that unlikely.
    this.#request = { arrivedAt: timeOf(core.engine), mayResend: (presented.get('sec-fetch-mode') ?? 'navigate') === 'navigate' }
  }

  async loadSession(incoming: IncomingTickets): Promise<LoadResult> {
    const result = await loadSession(this.#core, incoming, this.#request.arrivedAt)
    const { loaded, over = [], blocked, cannotEnd, via, ticket, migrated } = result
    this.#loaded = loaded
    this.#over = over
    this.#blocked = blocked
    this.#cannotEnd = cannotEnd
    this.#ticket = ticket
    this.#forget = migrated?.forget
    this.#reply.other = migrated?.cookieName
    if (via) this.#reply.via = via
    return result
  }

  get lines(): readonly HeaderLine[] {
    return this.#reply.lines
  }
  get holdsTicket(): boolean {
    return this.#loaded !== undefined && !this.#loaded.migrates && this.#reply.lines.length === 0
  }
  /** The secret value that opens the session now. */
  get ticket(): string | undefined {
    return this.#loaded && this.#ticket
  }
  /** Whether a change can be stored without the visitor being told. */
  get storesLate(): boolean {
    return this.#loaded !== undefined && !this.#loaded.migrates && this.#core.persistence.kind !== 'sealed'
  }

  commit(session: LiveSession, how: Asked = {}): Maybe<Committed> {
    const { persistence, engine } = this.#core
    const changeSet = timed(session.take(), this.#loaded, this.#core, how.renews === true && !this.#given)
    const { lasts, ...values } = changeSet.changes
    const changed = !isEmpty(values) || (lasts !== undefined && this.#loaded !== undefined && !changeSet.ended)
    if (this.#gone && !changeSet.ended) {
      if (changed) engine.emit({ type: 'dropped', reason: 'ended' })
      return this.done('nothing', [])
    }
    const loaded = this.#loaded
    const { ended, move, begins } = changeSet
    const refusal = (move ? undefined : this.#blocked) ?? (ended ? (this.#blocked ?? this.#cannotEnd) : undefined)
    if (refusal && (changed || ended)) {
      if (!ended) changeSet.undo() // an end is not tried again when the headers leave
      throw refusal
    }
    // Whoever asks for a new id begins a session of their own.
    if (move) this.#blocked = undefined
    const slideIsDue = changeSet.renews === true || (loaded !== undefined && this.#maySlide(loaded) && slides(loaded, this.#core))
    const signsIn = move?.kind === 'signIn'
    const rotation = move !== undefined
    const isThere = loaded !== undefined || (ended && this.#over.length > 0)
    const plan = planCommit({ loaded: isThere, ended, changed, begins, rotation, signsIn, slideIsDue })
    if (plan === 'nothing' && !ended) return this.#again(this.done(plan, this.#differently(how)), how)
    if (plan === 'nothing') return this.done(plan, this.#reply.clearing(how, how.always !== undefined))
    return orElse(
      () =>
        andThen(persistence.commit(plan, loaded, changeSet, this.#request, this.#over), (saved) =>
          this.#saved(plan, saved, changeSet, session, how),
        ),
      (error) => {
        changeSet.undo()
        // Another request may have written first, and signed in: what the visitor has already would take the place of its new ticket.
        const mayUndo = this.#repeats && (ended || changeSet.attempts.areOvertaken)
        if (saysMovedOn(error) || mayUndo) this.#reply.lines = []
      },
    )
  }

  /** Whether use that changes nothing may move the idle end: where the ticket or its cookie ends with it, the visitor has to be told. */
  #maySlide(loaded: LoadedSession): boolean {
    const { persistence, engine } = this.#core
    if (this.#request.mayResend || persistence.resends || persistence.kind === 'custom') return true
    return persistence.kind === 'stored' && (this.#reply.via === 'header' || !rolls(loaded.contents, engine.policy))
  }

  done(plan: Plan, send: readonly HeaderLine[]): Committed {
    if (send.length > 0) this.#reply.lines = send
    return { plan, send, current: this.#reply.lines, ticket: this.#given ? this.#ticket : undefined }
  }

  /** The line once more, when this request gave one and it is to look different. */
  #differently(how: LineOptions): readonly HeaderLine[] {
    if (!how.attributes || !this.#given || !this.#loaded || this.#ticket === undefined) return []
    return this.#reply.giving(this.#ticket, this.#loaded, how)
  }

  /** The line of the ticket that the visitor holds, where one is given each time. */
  #again(done: Committed, how: Asked): Maybe<Committed> {
    const [loaded, ticket] = [this.#loaded, this.#ticket]
    if (!how.always || this.#given || !loaded || loaded.migrates || loaded.isReplaced || ticket === undefined) return done
    const { isCurrent: reads } = this.#core.persistence
    const isCurrent = reads ? done.plan === 'update' || reads(loaded) : how.always === 'asked'
    return andThen(isCurrent, (is) => (is ? { ...done, current: this.#reply.giving(ticket, loaded, how) } : done))
  }

  #saved(plan: Plan, saved: Saved, changeSet: ChangeSet, session: LiveSession, how: Asked): Maybe<Committed> {
    const { emit } = this.#core.engine
    const { loaded, ticket, dropped, repeats, overtaken } = saved
    this.#gone = dropped !== undefined
    if (dropped) {
      // Ended by another request: nothing of it may be sent, or a late cookie would bring it back.
      emit({ type: 'dropped', reason: dropped, ...(this.#loaded && { handle: this.#loaded.handle }) })
    }
    // Nor may the old ticket of a session that another request has given a new id: its answer may have come first.
    if (dropped || loaded?.isReplaced || (overtaken && this.#repeats)) this.#reply.lines = []
    if (ticket !== undefined || !loaded) this.#repeats = repeats && !this.#loaded?.migrates && (this.#repeats || !this.#given)
    const send =
      ticket !== undefined && loaded
        ? this.#reply.giving(ticket, loaded, how)
        : plan === 'end'
          ? this.#reply.clearing(how, how.always !== undefined)
          : []
    this.#loaded = loaded
    if (plan === 'end' || plan === 'end+create') this.#over = []
    if (loaded) this.#blocked = this.#cannotEnd = undefined
    session.settle(loaded, changeSet)
    if (!dropped) emit({ type: 'committed', plan, ...(loaded && { handle: loaded.handle }) })
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
