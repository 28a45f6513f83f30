import { cookieNameOf } from '../../cookies/cookie.ts'
import type { AdapterSessions, HeaderLine, RequestHeaders, RequestSession } from '../../core/adapter.ts'
import { besides } from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import type { SessionCookie } from './cookie.ts'
import { type Origin, originOf } from './origin.ts'
import { Session } from './session.ts'

export interface SessionStorage {
  /** The session that a cookie's value opens; a new one for null and for whatever opens none. */
  read(cookieValue: string | null): Promise<Session>
  /**
   * Stores what changed. The cookie's new value, `''` when the cookie is to be removed, null when there is nothing to send. Rejects with
   * `BAD_OPTIONS` for a session of another storage.
   */
  save(session: Session): Promise<string | null>
}

type Times = Pick<SessionCookie, 'maxAge' | 'expires'>
type Event = Parameters<AdapterSessions['core']['engine']['emit']>[0]

/** The part of a storage of ours that the middleware uses. */
export interface Inside {
  /** Whether its values are Remix 3's own. */
  readonly format: boolean
  /** The sessions, where they are bound to devices. */
  readonly bound: AdapterSessions | undefined
  /** What the response has to say besides the cookie of this name. */
  besides(session: Session, name: string): readonly HeaderLine[]
  /** Tells the storage of its cookie: it seals with the secrets of that, if it has none of its own. */
  link(cookie: SessionCookie): void
  open(tickets: readonly string[], presented: RequestHeaders): Promise<Session>
  /** Whether this is a ticket made with a secret that this process does not have, so that it opens nothing whoever signed it. */
  isOfUnknownKey(ticket: string): Promise<boolean>
  /** The record lasts as long as the cookie that is given, unless the site says how long. */
  save(session: Session, times: Times): Promise<string | null>
  refuse(reason: 'forged' | 'oversized' | 'bad-chunks'): void
  emit(event: Event): void
}

const INSIDES = new WeakMap<SessionStorage, Inside>()

/** undefined for a storage that is not ours. */
export const insideOf = (storage: SessionStorage): Inside | undefined => INSIDES.get(storage)

/** Sessions that were made by hand, once they are stored. */
const MADE = besides<Origin>()

interface Ways {
  readonly format?: boolean
  readonly isBound?: boolean
  /** Whether the site has said when a session ends at the latest: the cookie's own time is the browser's then, and moves no end. */
  readonly isCapped?: boolean
  link?(cookie: SessionCookie): void
}

export function storageOn(
  adapter: () => AdapterSessions,
  { format = false, isBound = false, isCapped = false, link }: Ways = {},
): SessionStorage {
  async function sessionIn(requestSession: RequestSession): Promise<Session> {
    const live = await requestSession.open()
    const shown = Object.fromEntries(live.flashKeys().map((key) => [key, live.flash(key)]))
    return new Session(undefined, [{}, shown], { requestSession, live })
  }

  async function save(session: Session, { maxAge, expires }: Times = {}): Promise<string | null> {
    const known = originOf(session)
    const { requestSession, live } = known ?? MADE.get(session) ?? (await made())
    if (requestSession.core !== adapter().core) {
      throw new SessionError('BAD_OPTIONS', 'The session was made by read() of another storage.', {
        fix: 'Save it with that storage; to copy its values into this one, save createSession(undefined, session.data).',
      })
    }
    if (!known) MADE.set(session, { requestSession, live })
    const { destroyed, dirty } = session
    const [values, flash] = session.data
    if (destroyed) live.restart()
    else {
      if (!known) live.replace(Object.fromEntries(there(values)))
      if (session.moves) {
        live.regenerateId()
        live.askForKey()
      }
      for (const [key, value] of there(flash)) live.flash(key, value)
    }
    const times = { ...(maxAge !== undefined && { maxAge }), ...(expires !== undefined && { expires }) }
    const { ticket } = await requestSession.commit(dirty && !destroyed && !isCapped ? times : {})
    session.saved()
    if (destroyed) return ''
    return ticket ?? (dirty ? await heldStill(requestSession) : null)
  }

  async function made(): Promise<Origin> {
    const requestSession = adapter().fromTicket(null)
    return { requestSession, live: await requestSession.open() }
  }

  const storage: SessionStorage = {
    read: (cookieValue) => sessionIn(adapter().fromTicket(cookieValue)),
    save: (session) => save(session),
  }
  INSIDES.set(storage, {
    format,
    link: (cookie) => link?.(cookie),
    get bound() {
      return isBound ? adapter() : undefined
    },
    besides: (session, name) =>
      originOf(session)?.requestSession.lines.filter(
        ([header, line]) => header !== 'set-cookie' || cookieNameOf(line) !== name,
      ) ?? [],
    open: async (tickets, presented) =>
      sessionIn(isBound ? adapter().detached(presented) : adapter().fromTickets(tickets, presented)),
    async isOfUnknownKey(ticket) {
      const { persistence, engine } = adapter().core
      const found = await persistence.find(ticket, undefined, engine.now())
      if (!('refused' in found)) return false
      found.alarm?.(engine.emit)
      return found.refused === 'unknown-key'
    },
    save,
    refuse: (reason) => adapter().core.engine.emit({ type: 'refused', reason }),
    emit: (event) => adapter().core.engine.emit(event),
  })
  return storage
}

/**
 * The value that opens the session, to renew the browser's cookie as each save in Remix 3 does: not when another request has given the
 * session a new id meanwhile, whose cookie it would undo, and not one that is sealed, which would undo what others sealed.
 */
async function heldStill({ ticket, core: { persistence, engine } }: RequestSession): Promise<string | null> {
  if (ticket === undefined || persistence.kind === 'sealed') return null
  try {
    const found = await persistence.find(ticket, undefined, engine.now())
    if ('refused' in found) found.alarm?.(engine.emit)
    return 'refused' in found || found.isReplaced ? null : ticket
  } catch {
    return ticket // The save is done, and the ticket was good a moment ago.
  }
}

/** Values as they come back from JSON, which Remix 3 stores: none is undefined. */
const there = (values: object): [string, unknown][] => Object.entries(values).filter(([, value]) => value !== undefined)
