import { andThen, type Maybe, orElse } from '../../crypto/maybe.ts'
import { bad, SessionError } from '../../errors.ts'
import type { ChangeSet, Circumstances, LoadedSession, Saved } from '../engine.ts'
import { tellCommit } from '../model/events.ts'
import { rolls } from '../model/lifetime.ts'
import type { Plan } from '../model/plan.ts'
import { saysMovedOn } from '../persistence/stored/pending-commit.ts'
import type { LiveSession } from '../session/session.ts'
import type { Taken } from '../session/surroundings.ts'
import type { IncomingTickets } from './incoming.ts'
import { type Asked, endReason, slides, timed } from './lifetime-override.ts'
import type { Core, LoadResult } from './load.ts'
import { type HeaderLine, type LineOptions, TicketResponse } from './tickets.ts'

/** The result of one commit. */
export interface Committed {
  readonly plan: Plan
  /** To put on the response now; empty when this commit gave the visitor nothing new. */
  readonly send: readonly HeaderLine[]
  /** The headers that describe the session to this visitor, for interfaces that return them each time; empty: nothing to tell. */
  readonly current: readonly HeaderLine[]
  /** The secret value, when this request gave one out. */
  readonly ticket: string | undefined
  /** Why changes were not kept: another request has ended the session. */
  readonly dropped?: 'ended'
}

export const NO_LINES: readonly HeaderLine[] = []
const NONE_OVER: readonly LoadedSession[] = []
const NOTHING: LoadResult & Asked = {}
export const NOTHING_DONE: Committed = { plan: 'nothing', send: NO_LINES, current: NO_LINES, ticket: undefined }

/** Carries one request's changes out, commit after commit, and keeps what the response must say of it. */
export class Commits {
  readonly #core: Core
  readonly #incoming: IncomingTickets
  /** Made when there is something to tell the visitor. */
  response: TicketResponse | undefined
  readonly #request: Circumstances
  /** What the request's tickets opened. */
  #found: LoadResult = NOTHING
  #loaded: LoadedSession | undefined
  /** Sessions whose tickets came along and open nothing. */
  #over = NONE_OVER
  #blocked: SessionError | undefined
  /** A session without its device: it can be ended, and nothing else. */
  #lapsed: LoadedSession | undefined
  #cannotEnd: SessionError | undefined
  #gone = false
  /** The visitor's ticket: presented, or given by a commit. */
  #ticket: string | undefined
  #given = false
  /** The response gives no ticket but one that the visitor came with. */
  #repeats: boolean | undefined
  #forget: (() => Promise<void>) | undefined

  constructor(core: Core, incoming: IncomingTickets, request: Circumstances, found: LoadResult = NOTHING) {
    this.#core = core
    this.#incoming = incoming
    this.#request = request
    this.begin(found)
  }

  /** Goes on from what the request's tickets opened. */
  begin(found: LoadResult): void {
    const { lapsed } = found
    this.#found = found
    this.#loaded = found.loaded
    this.#over = found.over ?? NONE_OVER
    this.#blocked = found.blocked
    this.#cannotEnd = found.cannotEnd
    this.#ticket = found.ticket
    this.#forget = found.migrated?.forget
    this.#lapsed = lapsed?.session
    if (lapsed && lapsed.lines.length > 0) this.resend(lapsed.lines)
  }

  get #reply(): TicketResponse {
    if (this.response) return this.response
    const { migrated, via } = this.#found
    this.response = new TicketResponse(this.#core.transport, this.#core.engine, this.#incoming, via)
    this.response.other = migrated?.cookieName
    return this.response
  }
  get #lines(): readonly HeaderLine[] {
    return this.response?.lines ?? NO_LINES
  }
  get holdsTicket(): boolean {
    return this.#loaded !== undefined && !this.#loaded.migrates && this.#lines.length === 0
  }
  /** The secret value that opens the session now. */
  get ticket(): string | undefined {
    return this.#loaded && this.#ticket
  }
  /** Whether a change can be stored without the visitor being told. */
  get storesLate(): boolean {
    return this.#loaded !== undefined && !this.#loaded.migrates && this.#core.persistence.kind !== 'sealed'
  }

  /** Reads the session again. False: nothing is there any more, or it cannot be told. */
  async reload(session: LiveSession, byRecord: boolean): Promise<boolean> {
    if (byRecord) {
      const now = await this.again()
      if (now) session.reload(now)
      return now !== undefined
    }
    const { persistence } = this.#core
    if (session.handle === undefined || this.#loaded?.migrates || this.#ticket === undefined) return false
    const found = await persistence.find(this.#ticket, undefined, this.#request.arrivedAt, this.#request.onlyLooks)
    if ('refused' in found) {
      found.alarm?.(this.#core.engine.emit)
      return false
    }
    this.#loaded = found
    session.reload(found)
    return true
  }

  /** What is stored now of the session that the request's tickets opened. undefined: it has ended, or is somebody else's. */
  async again(): Promise<LoadedSession | undefined> {
    const { again } = this.#core.persistence
    if (!again) throw bad('store', 'is missing, and reading a session again needs one', 'Pass a store.')
    return this.#loaded && again(this.#loaded)
  }

  /** The response carries these, of a ticket that the visitor has already. */
  resend(lines: readonly HeaderLine[]): void {
    this.#reply.lines = lines
    this.#repeats = true
  }

  commit(session: LiveSession, how: Asked = NOTHING): Maybe<Committed> {
    const { engine } = this.#core
    const loaded = this.#loaded
    const taken = session.take()
    const renews = how.renews === true && !this.#given
    const changeSet = renews || taken.changes.lasts !== undefined ? timed(taken, loaded, this.#core, renews) : taken
    const { ended, move, begins, changes } = changeSet
    const changed = taken.isChange || (changes.lasts !== undefined && loaded !== undefined && !ended)
    if (this.#gone && !ended) {
      if (changed) engine.emit({ type: 'dropped', reason: 'ended' }, { request: this.#request })
      return changed ? { ...this.#done('nothing', NO_LINES), dropped: 'ended' } : this.#done('nothing', NO_LINES)
    }
    const over = ended && this.#lapsed ? [...this.#over, this.#lapsed] : this.#over
    const refusal =
      ended && this.#lapsed
        ? undefined
        : ((move ? undefined : this.#blocked) ?? (ended ? (this.#blocked ?? this.#cannotEnd) : undefined))
    if (refusal && (changed || ended)) {
      if (!ended) session.undo(taken) // an end is not tried again when the headers leave
      throw refusal
    }
    // A request that asks for a new id begins a session of its own.
    if (move) this.#blocked = undefined
    const slideIsDue = !changed && loaded !== undefined && (changeSet.renews === true || this.#slides(loaded))
    // A browser may be asked for a key where nobody is known to sign in.
    const signsIn = move?.kind === 'signIn' || (move?.kind === 'regenerate' && move.bound !== undefined)
    const isThere = loaded !== undefined || (ended && over.length > 0)
    const plan = planCommit({ loaded: isThere, ended, changed, begins, rotation: move !== undefined, signsIn, slideIsDue })
    if (plan === 'nothing' && !ended)
      return andThen(this.#recheck(), () => this.#again(this.#done(plan, this.#differently(how)), how))
    if (plan === 'nothing') return this.#done(plan, this.#reply.clearing(how, how.always !== undefined))
    return orElse(
      () => {
        const done = andThen(this.#carryOut(plan, changeSet, over, how), (saved) => this.#saved(plan, saved, taken, session, how))
        return signsIn ? andThen(done, (told) => this.#offered(told)) : done
      },
      (error) => {
        session.undo(taken)
        // Another request may have written first, and signed in: what the visitor has already would take the place of its new ticket.
        const mayUndo = this.#repeats && (ended || changeSet.attempts.areOvertaken)
        if (saysMovedOn(error) || changeSet.attempts.haveMovedOn || mayUndo) this.#sendNothing()
      },
    )
  }

  /** Whether use that changes nothing moves the idle end: where the ticket or its cookie ends with it, the visitor has to be told. */
  #slides(loaded: LoadedSession): boolean {
    if (!slides(loaded, this.#core)) return false
    const { persistence, engine } = this.#core
    if (persistence.resends || persistence.kind === 'custom' || this.#request.mayResend) return true
    return persistence.kind === 'stored' && (this.#reply.via === 'header' || !rolls(loaded.contents, engine.policy))
  }

  /** Asks the browser of who signed in for a key. */
  #offered(done: Committed): Maybe<Committed> {
    const { bound } = this.#core
    const loaded = this.#loaded
    if (!bound || !loaded || done.send.length === 0) return done
    return andThen(bound.offer(loaded), (offer) => {
      this.#reply.more = offer
      return this.#done(done.plan, [...done.send, ...offer])
    })
  }

  #sendNothing(): void {
    if (this.response) this.response.lines = NO_LINES
  }

  #done(plan: Plan, send: readonly HeaderLine[]): Committed {
    if (send.length > 0) this.#reply.lines = send
    return { plan, send, current: this.#lines, ticket: this.#given ? this.#ticket : undefined }
  }

  /** Of a ticket that the visitor has already: whether an earlier commit's line may still be sent. */
  #recheck(): Maybe<void> {
    const { isCurrent } = this.#core.persistence
    if (!this.#repeats || this.#reply.lines.length === 0 || !this.#loaded || !isCurrent) return
    return andThen(isCurrent(this.#loaded), (is) => {
      if (!is) this.#reply.lines = NO_LINES
    })
  }

  /** The line once more, when this request gave one and it is to look different. */
  #differently(how: LineOptions): readonly HeaderLine[] {
    if (!how.attributes || !this.#given || !this.#loaded || this.#ticket === undefined) return []
    return this.#reply.giving(this.#ticket, this.#loaded, how)
  }

  /** The line of the ticket that the visitor holds, where one is given each time. */
  #again(done: Committed, how: Asked): Maybe<Committed> {
    const loaded = this.#loaded
    const ticket = this.#ticket
    if (!how.always || this.#given || !loaded || loaded.migrates || loaded.isReplaced || ticket === undefined) return done
    const { isCurrent: reads } = this.#core.persistence
    const isCurrent = reads ? done.plan === 'update' || reads(loaded) : how.always === 'asked'
    return andThen(isCurrent, (is) => (is ? { ...done, current: this.#reply.giving(ticket, loaded, how) } : done))
  }

  /** Carries a plan out. What cannot be sent takes the place of nothing. */
  #carryOut(plan: Plan, changeSet: ChangeSet, over: readonly LoadedSession[], how: Asked): Maybe<Saved> {
    const { persistence, engine } = this.#core
    const run = () => persistence.commit(plan, this.#loaded, changeSet, this.#request, over)
    const saved = engine.trace ? engine.trace('commit', { plan }, run) : run()
    return andThen(saved, (kept) => (kept.confirm ? this.#reply.confirmed(kept, how) : kept))
  }

  #saved(plan: Plan, saved: Saved, taken: Taken, session: LiveSession, how: Asked): Maybe<Committed> {
    const { emit, isTold } = this.#core.engine
    const { loaded, ticket, dropped, repeats, overtaken } = saved
    const before = this.#loaded
    this.#gone = dropped !== undefined
    if (dropped) {
      // Ended by another request: nothing of it may be sent, or a late cookie would bring it back.
      emit(
        { type: 'dropped', reason: dropped, ...(before && { handle: before.handle }) },
        { request: this.#request, ...before?.contents },
      )
    }
    // Nor may the old ticket of a session that another request has given a new id: its answer may have come first.
    if (dropped || loaded?.isReplaced || (overtaken && this.#repeats)) this.#sendNothing()
    if (ticket !== undefined || !loaded) this.#repeats = repeats && !this.#loaded?.migrates && (this.#repeats || !this.#given)
    const send =
      ticket !== undefined && loaded
        ? this.#reply.giving(ticket, loaded, how)
        : plan === 'end'
          ? this.#reply.clearing(how, how.always !== undefined)
          : []
    this.#loaded = loaded
    const isEnd = plan === 'end' || plan === 'end+create'
    if (isEnd) this.#over = NONE_OVER
    if (loaded) this.#blocked = this.#cannotEnd = this.#lapsed = undefined
    session.settle(loaded, taken)
    if (!dropped && (isTold || isEnd)) tellCommit(emit, plan, endReason(taken, session), before, loaded, this.#request)
    if (ticket !== undefined) this.#ticket = ticket
    this.#given ||= ticket !== undefined
    const done = this.#done(plan, send)
    const committed = this.#again(dropped ? { ...done, dropped } : done, how)
    const forget = this.#forget
    if (!forget) return committed
    this.#forget = undefined
    // Also when it throws instead of rejecting.
    return (async () => forget())().then(
      () => committed,
      (cause) => {
        const error = new SessionError('STORE_FAILED', 'The old record of a session that was adopted was not removed.', { cause })
        emit({ type: 'late-failed', error }, { request: this.#request, ...loaded?.contents })
        return committed
      },
    )
  }
}

/** `loaded`: there is a session to go by. `begins`: it is stored even when it is empty. `rotation`: it gets a new id. */
export type Situation = Readonly<
  Record<'loaded' | 'ended' | 'changed' | 'rotation' | 'signsIn' | 'slideIsDue', boolean> & { begins?: boolean }
>

/** The one rule for what a commit does. Nothing for nothing: a visitor who stores nothing gets no record and no cookie. */
export function planCommit({ loaded, ended, changed, begins = false, rotation, signsIn, slideIsDue }: Situation): Plan {
  const something = changed || signsIn || begins
  if (!loaded) return something ? 'create' : 'nothing'
  if (ended) return something ? 'end+create' : 'end'
  if (rotation) return 'regenerate'
  if (changed) return 'update'
  return slideIsDue ? 'touch' : 'nothing'
}
