import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import type { ReaderRequest } from '../../migrate/format.ts'
import type { Circumstances, Engine, LoadedSession, Refused } from '../engine.ts'
import { type Allowance, allowance, MOST_TRIES, tries } from '../migration/allowance.ts'
import { type Adopted, readOldSession } from '../migration/old-session.ts'
import type { Emit, RefusalReason } from '../model/events.ts'
import { keyUnknown, newerRelease } from '../persistence/stored/pending-commit.ts'
import type { Core, LoadResult } from './core.ts'
import type { IncomingTickets, ReadTickets } from './incoming.ts'

export type { Core, DeviceBinding, LoadResult, OwnAnswer, OwnRequest } from './core.ts'

/** Tickets refused for these reasons cost nothing and do not count as tries. */
const CHEAP: ReadonlySet<RefusalReason> = new Set(['malformed', 'unknown-version', 'unknown-key', 'revoked-key'])

/** Opens the session of a request's tickets, at once where the store answers at once. Fails when the store does, unless `whenStoreDown` says otherwise. */
export function loadSession(core: Core, incoming: IncomingTickets, request: Circumstances): Maybe<LoadResult> {
  const { whenStoreDown, emit } = core.engine
  const failed = (error: unknown): LoadResult => {
    if (whenStoreDown === 'fail' || !(error instanceof SessionError) || error.code !== 'STORE_FAILED') throw error
    emit({ type: 'store-down', error }, { request })
    return { down: error }
  }
  if (core.witness?.ready) return core.witness.ready.then(() => loadSession({ ...core, witness: undefined }, incoming, request))
  const { shaping, trace } = core.engine
  const find = () => new Loading(core, incoming, request).from(0)
  const load = shaping && !shaping.shape ? () => shaping.load().then(find) : find
  try {
    const result = trace ? trace('open', {}, load) : load()
    return result instanceof Promise ? result.catch(failed) : result
  } catch (error) {
    return failed(error)
  }
}

/** A session that a ticket opened. */
interface Opened {
  readonly loaded: LoadedSession
  readonly ticket: string
}

/**
 * Looks into the tickets of one request. The header goes before the cookie, and a bad one does not hide a good one. Two different
 * live tickets in one place make the visitor anonymous: nobody can tell which of them somebody else put there.
 */
class Loading {
  readonly #core: Core
  #teller: Core | undefined
  readonly #incoming: IncomingTickets
  readonly #groups: ReadTickets['groups']
  readonly #asked: Circumstances
  #reading: ReaderRequest | undefined
  #allowance: Allowance | undefined
  readonly #over: LoadedSession[] = []
  #blocked: SessionError | undefined
  #cannotEnd: SessionError | undefined

  constructor(core: Core, incoming: IncomingTickets, asked: Circumstances) {
    this.#core = core
    this.#incoming = incoming
    this.#asked = asked
    const { groups, refused } = incoming.read
    this.#groups = groups
    if (refused) this.#telling.engine.emit({ type: 'refused', reason: refused })
  }

  /** The same, whose events name this request: most requests have nothing to tell. */
  get #telling(): Core {
    this.#teller ??= telling(this.#core, this.#asked)
    return this.#teller
  }

  /** The request as readers of other formats see it: our own tickets need none of it. */
  get #request(): ReaderRequest {
    const { engine } = this.#telling
    const slowly: Allowance['slowly'] = (trial) => {
      this.#allowance ??= allowance(engine)
      return this.#allowance.slowly(trial)
    }
    this.#reading ??= { ...this.#incoming.request(engine.now()), slowly }
    return this.#reading
  }

  /** The session of the first place, from this one on, whose tickets open any. */
  from(at: number): Maybe<LoadResult> {
    const place = this.#groups[at]
    if (!place) return this.#adopted()
    if (place.values.length === 0) return this.from(at + 1)
    const request = this.#core.persistence.readsRequest ? { ...this.#request, mayTry: tries() } : undefined
    return andThen(this.#opened(place.values, 0, 0, [], request), (opened) => {
      const one = this.#chosen(opened)
      return one ? { ...one, via: place.via, over: this.#over } : this.from(at + 1)
    })
  }

  /** The sessions that the tickets from `at` on open, besides those that are `opened`. */
  #opened(tickets: readonly string[], at: number, tried: number, opened: Opened[], request?: ReaderRequest): Maybe<Opened[]> {
    const ticket = tickets[at]
    if (ticket === undefined || tried === MOST_TRIES) return opened
    return andThen(this.#core.persistence.find(ticket, request, this.#asked.arrivedAt, this.#asked.onlyLooks), (found) => {
      const isCheap = 'refused' in found && CHEAP.has(found.refused)
      if ('refused' in found) this.#refused(found, ticket)
      else {
        // Two seals of one session: the one made later counts.
        const same = opened.findIndex(({ loaded }) => loaded.handle === found.handle)
        const other = opened[same]
        if (!other) opened.push({ loaded: found, ticket })
        else if (other.loaded.lifetime.expiresAt <= found.lifetime.expiresAt) opened[same] = { loaded: found, ticket }
      }
      return this.#opened(tickets, at + 1, isCheap ? tried : tried + 1, opened, request)
    })
  }

  #refused({ refused, detail, ends, handle, error, blocked, cannotEnd, alarm }: Refused, ticket: string): void {
    const { engine } = this.#telling
    alarm?.(engine.emit)
    const known = { ...(detail && { detail }), ...(handle !== undefined && { handle }), ...(error && { error }) }
    engine.emit({ type: 'refused', reason: refused, ...known })
    if (ends) this.#over.push(ends)
    this.#blocked ??= blocked ?? unreadHere(refused, ticket, engine)
    this.#cannotEnd ??= cannotEnd
  }

  #chosen(opened: readonly Opened[]): Opened | undefined {
    const alive = opened.length > 1 ? notReplaced(opened) : opened
    const one = alive[0]
    const { persistence, engine } = this.#core
    if (one && alive.length === 1) {
      if (engine.isTold)
        this.#telling.engine.emit({ type: 'loaded', handle: one.loaded.handle, kind: persistence.kind }, one.loaded.contents)
      return one
    }
    if (one) this.#telling.engine.emit({ type: 'refused', reason: 'duplicate' })
    this.#over.push(...alive.map(({ loaded }) => loaded))
    return undefined
  }

  /** Looks for another library's session. Ours goes first, since an old cookie on another path stays in the browser. */
  #adopted(): Maybe<LoadResult> {
    const { migrateFrom } = this.#core
    if (migrateFrom.length === 0) return this.#without({})
    return readOldSession(migrateFrom, this.#incoming, this.#telling, this.#request, this.#asked).then((adopted) =>
      adopted.loaded ? { over: this.#over, ...adopted } : this.#without(adopted),
    )
  }

  /** No session was opened. */
  #without(adopted: Adopted): LoadResult {
    return {
      ...adopted,
      over: [...this.#over, ...(adopted.over ?? [])],
      blocked: this.#blocked ?? adopted.blocked ?? this.#allowance?.blocked(),
      cannotEnd: this.#cannotEnd ?? adopted.cannotEnd,
    }
  }
}

/** Of a session and its own old ticket, which a cookie of another path may hold for longer, the session counts. */
function notReplaced(opened: readonly Opened[]): readonly Opened[] {
  const alive = [...opened]
  for (const each of opened)
    if (alive.some(({ loaded }) => loaded.handle === each.loaded.leadsTo)) alive.splice(alive.indexOf(each), 1)
  return alive
}

/** The core, but events name this request. */
function telling(core: Core, request: Circumstances): Core {
  const emit: Emit = (event, known) => core.engine.emit(event, { request, ...known })
  return { ...core, engine: { ...core.engine, emit } }
}

/** The error for a ticket that another instance may be able to read: this one must not replace it. */
function unreadHere(reason: RefusalReason, ticket: string, { unknownKeys, now }: Engine): SessionError | undefined {
  const isNewer = reason === 'unknown-version' && LATER.test(ticket)
  if (!(isNewer || reason === 'unknown-key') || !unknownKeys?.mayBeNew(ticket, now())) return undefined
  return isNewer ? newerRelease() : keyUnknown('The visitor came with a ticket')
}

/** A ticket of one of the next five versions, as base64url; anything else is no ticket of ours. */
const LATER = /^(?:A[w-z0-9_-]|B)[\w-]{30,}$/
