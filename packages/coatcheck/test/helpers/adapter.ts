import type { RequestListener } from 'node:http'
import type { SessionEvent } from '../../src/core/model/events.ts'
import type { RequestOrContext } from '../../src/core/request/request-types.ts'
import type { Session } from '../../src/core/session/types.ts'
import { type AnySessions, createSessions, type Sessions } from '../../src/core/sessions.ts'
import { SessionError } from '../../src/errors.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { type Visitor, visitor } from '../../src/testing/visitor.ts'
import { type Clock, clockFrom } from './clock.ts'
import { type Serving, serving } from './serving.ts'
import { SECRET } from './site.ts'
import { type Watched, watched } from './watched.ts'

/** One request as every framework knows it. */
export interface Visit {
  /** What `sessions.open` takes behind this adapter. */
  readonly request: RequestOrContext
  readonly path: string
}

/** An answer as every framework can give it, in its own words. */
export interface TicketResponse {
  readonly status?: number
  /** Added to what is there, in order. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: string | AsyncIterable<string>
  /** Where to, with 303. */
  readonly redirect?: string
}

export type Handle = (visit: Visit) => Promise<TicketResponse>

/** An adapter on a real server. */
export interface Adapter {
  readonly name: string
  /** Whether what answers for a handler that threw is inside the adapter, which can then clear a cookie. */
  readonly answersThrows: boolean
  /** All requests go through an adapter for each of `sessions`, the first outermost. */
  listener(handle: Handle, sessions: readonly AnySessions[]): RequestListener
}

export type Page = (session: Session, visit: Visit) => TicketResponse | Promise<TicketResponse>

/** A place behind an adapter: its server, its sessions, its visitors. */
export interface Place extends Serving {
  readonly sessions: Sessions
  readonly clock: Clock
  readonly events: SessionEvent[]
  /** Where records are, if not in the ticket. */
  readonly watch: Watched
  /** Adds a page that opens the session; its path. */
  page(page: Page): string
  /** Adds a page that never asks for it; its path. */
  plain(handle: (visit: Visit) => TicketResponse | Promise<TicketResponse>): string
  visitor(): Visitor
  /** A visitor who has a session, in which `name` is `ada`. */
  ada(): Promise<Visitor>
  /** What this visitor's session holds at a next visit. */
  knows(visitor: Visitor): Promise<Record<string, unknown>>
}

export type Kind = 'sealed' | 'stored'

/** Adapters for `others` stand inside, the adapter of the place's own sessions is outermost. */
export async function place(adapter: Adapter, kind: Kind, others: readonly AnySessions[] = []): Promise<Place> {
  const clock = clockFrom()
  const watch = watched(memoryStore({ now: clock.now }))
  const events: SessionEvent[] = []
  const sessions = createSessions({
    secrets: SECRET,
    now: clock.now,
    onEvent: (event) => void events.push(event),
    ...(kind === 'stored' && { store: watch.store }),
  })
  const pages = new Map<string, Handle>()
  const handle: Handle = async (visit) => (await pages.get(visit.path)?.(visit)) ?? { status: 404, body: 'no such page' }
  const served = await serving(adapter.listener(handle, [sessions, ...others]))
  const plain = (handle: (visit: Visit) => TicketResponse | Promise<TicketResponse>): string => {
    const path = `/${pages.size}`
    pages.set(path, async (visit) => handle(visit))
    return path
  }
  const page = (page: Page): string => plain(async (visit) => page(await sessions.open(visit.request), visit))
  const arrives = (): Visitor => visitor(served.origin, { now: clock.now, follow: false })
  const naming = page((session) => {
    session.set('name', 'ada')
    return { body: 'hello' }
  })
  const telling = page((session) => ({ body: JSON.stringify(session.data) }))
  return {
    ...served,
    sessions,
    clock,
    events,
    watch,
    page,
    plain,
    visitor: arrives,
    async ada() {
      const ada = arrives()
      await ada.get(naming)
      events.length = 0
      watch.forget()
      return ada
    },
    knows: async (who) => (await who.get(telling)).json(),
  }
}

/** The code of a `SessionError`, for pages that show it. */
export function codeOf(error: unknown): string {
  return error instanceof SessionError ? error.code : `no SessionError: ${error}`
}
