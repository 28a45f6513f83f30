import { inspect } from 'node:util'
import type { Engine } from '../../src/core/engine.ts'
import type { RefusalReason, SessionEvent } from '../../src/core/model/events.ts'
import type { AdapterOptions } from '../../src/core/options/options.ts'
import type { LiveSession } from '../../src/core/session/session.ts'
import { type AdapterSessions, adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import type { SessionErrorCode } from '../../src/errors.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { watched } from '../helpers/watched.ts'
import { holds } from './target.ts'
import { shape } from './values.ts'

export const SECRET = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'
export const OLD_SECRET = 'Vb9xLw2cTz7nQm4kRj8pHs5gDf3yUa6e'
export const COOKIE = '__Host-Http-session'
export const NOW: number = Date.parse('2096-11-21T08:00:00Z')
/** Stands in every session, and in no event. */
export const HUSH = 'hush-hush-hush-hush'

const REASONS: Record<RefusalReason, true> = {
  malformed: true,
  'unknown-version': true,
  'unknown-key': true,
  'revoked-key': true,
  forged: true,
  oversized: true,
  'bad-chunks': true,
  duplicate: true,
  unknown: true,
  replaced: true,
  revoked: true,
  'idle-expired': true,
  'absolute-expired': true,
  'clock-skew': true,
  corrupt: true,
  lapsed: true,
  'too-busy': true,
}
const EVENTS: Record<SessionEvent['type'], true> = {
  'weaker-store': true,
  'store-down': true,
  'secrets-failed': true,
  refused: true,
  loaded: true,
  adopted: true,
  committed: true,
  dropped: true,
  overwritten: true,
  replayed: true,
  'unreadable-value': true,
  'invalid-value': true,
  unmigrated: true,
  'newer-version': true,
  'cache-conflict': true,
  'cookie-conflict': true,
  'late-failed': true,
  reduced: true,
  created: true,
  ended: true,
  conflict: true,
  'store-slow': true,
  'cross-site': true,
}

/** What one request came to. */
export interface Seen {
  /** All that a page can read of the session. */
  readonly picture: string
  readonly isEmpty: boolean
  /** Header lines of the answer. */
  readonly lines: readonly (readonly [string, string])[]
  readonly writes: number
  readonly events: readonly SessionEvent[]
}

/** A site whose tickets are known. */
export interface Grounds {
  readonly adapter: AdapterSessions
  readonly clock: { time: number }
  /** Texts that no event may hold. */
  readonly hidden: Set<string>
  readonly calls: readonly string[]
  /** Whether ids without a MAC open sessions. */
  readonly acceptsIds: boolean
  /** A request that presents these headers; `act` is its page. */
  visit(headers: Readonly<Record<string, string | null>>, act?: (session: LiveSession) => void): Promise<Seen>
  /** The ticket that such a request is given, and what it opens. */
  person(name: string, act: (session: LiveSession) => void): Promise<void>
  readonly tickets: Map<string, string>
  readonly pictures: Map<string, string>
}

export function grounds(options: Partial<AdapterOptions>, surroundings: Partial<Engine> = {}): Grounds {
  const clock = { time: NOW }
  const events: SessionEvent[] = []
  const watch = watched(options.store ?? memoryStore({ now: () => 0 }))
  const sessions = sessionsOf(
    { now: () => clock.time, onEvent: (event) => events.push(event), ...options, ...(options.store && { store: watch.store }) },
    surroundings,
  )
  const adapter = adapterOf(sessions)
  const hidden = new Set([SECRET, OLD_SECRET, HUSH])
  const tickets = new Map<string, string>()
  const pictures = new Map<string, string>()

  async function visit(headers: Readonly<Record<string, string | null>>, act?: (session: LiveSession) => void): Promise<Seen> {
    events.length = 0
    watch.forget()
    const requestSession = adapter.requestSession({}, { get: (name) => headers[name] ?? null })
    requestSession.enter()
    const session = await requestSession.open()
    const { picture, isEmpty } = pictureOf(session)
    act?.(session)
    await requestSession.close(200)
    requestSession.finish()
    return { picture, isEmpty, lines: [...requestSession.lines], writes: watch.writes, events: [...events] }
  }

  return {
    adapter,
    clock,
    hidden,
    calls: watch.calls,
    acceptsIds: options.acceptUnsigned === true,
    tickets,
    pictures,
    visit,
    async person(name, act) {
      const { lines } = await visit({}, act)
      const ticket = ticketIn(lines)
      tickets.set(name, ticket)
      for (const part of ticket.split(' ')) if (part) hidden.add(part)
      const cookie = cookieOf(ticket)
      pictures.set(name, (await visit({ cookie })).picture)
    },
  }
}

/** What an answer gives; the pieces of one in several cookies with spaces between them. */
export const ticketIn = (lines: Seen['lines']): string =>
  lines.map(([, line]) => line.slice(line.indexOf('=') + 1).split(';', 1)[0]).join(' ')

/** The Cookie header of a ticket; one in several pieces is written here with spaces between them. */
export function cookieOf(ticket: string, name: string = COOKIE): string {
  return ticket
    .split(' ')
    .map((part, number) => `${name}${number === 0 ? '' : `.${number}`}=${part}`)
    .join('; ')
}

export function pictureOf(session: LiveSession): { readonly picture: string; readonly isEmpty: boolean } {
  const { isNew, owner } = session
  const values = shape(session.entries())
  // One that may only be read for the moment, since another instance may know its ticket, shows nothing either.
  const isEmpty = isNew && owner === undefined && session.keys().length === 0
  return {
    picture: JSON.stringify({
      isNew,
      owner,
      values,
      handle: session.handle,
      createdAt: session.createdAt,
      endsAt: session.expiresAt,
    }),
    isEmpty,
  }
}

/** Events are of known kinds and reasons, and show neither what was hidden nor what came. */
export function checkEvents(events: readonly SessionEvent[], hidden: Iterable<string>, came: readonly string[] = []): void {
  for (const event of events) {
    holds(Object.hasOwn(EVENTS, event.type), 'an event of a known type', () => event.type)
    if (event.type === 'refused') holds(Object.hasOwn(REASONS, event.reason), 'a refusal with a known reason', () => event.reason)
    const text = 'error' in event && event.error ? inspect(event, { depth: 8, showHidden: true }) : JSON.stringify(event)
    for (const secret of hidden) holds(!text.includes(secret), 'no event shows a secret', () => event.type)
    for (const part of came) holds(part.length < 20 || !text.includes(part), 'no event shows what came', () => event.type)
  }
}

const CODES: Record<SessionErrorCode, true> = {
  BAD_OPTIONS: true,
  BAD_KEY: true,
  BAD_VALUE: true,
  COOKIE_TOO_LARGE: true,
  INVALID_SESSION: true,
  RECORD_TOO_LARGE: true,
  STORE_FAILED: true,
  DAMAGED_RECORD: true,
  CONFLICT: true,
  KEY_UNKNOWN: true,
  TOO_LATE: true,
  NOT_BOUND: true,
  NOT_FRESH: true,
  ENDED: true,
  NOT_WRAPPED: true,
  PRERENDERING: true,
  READ_ONLY: true,
  PARTLY_ENDED: true,
  TOO_MANY_SESSIONS: true,
  ONCE_FAILED: true,
  SESSION_ENDED: true,
  UPGRADE_REFUSED: true,
}
export const isKnown = (code: string): boolean => Object.hasOwn(CODES, code)
