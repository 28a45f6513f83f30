import type { Engine } from '../../src/core/engine.ts'
import type { SessionEvent } from '../../src/core/model/events.ts'
import type { AdapterOptions } from '../../src/core/options/options.ts'
import type { RequestSession } from '../../src/core/request/request-session.ts'
import type { LiveSession } from '../../src/core/session/session.ts'
import { adapterOf, sessionsOf } from '../../src/core/sessions.ts'
import { type MemoryStore, memoryStore } from '../../src/stores/memory.ts'
import { type Clock, clockFrom } from './clock.ts'
import { COOKIE, discretion, isNone, SECRET } from './site.ts'
import { type Watched, watched } from './watched.ts'

/** One process that serves a site: request sessions are opened, committed and finished by hand. */
export interface Server {
  readonly events: SessionEvent[]
  /** Its own calls of the store that all share. */
  readonly watch: Watched
  /** The request session of a new request that presents these tickets. */
  arrive(ticket?: string | readonly string[], headers?: Record<string, string>): RequestSession
  /** The ticket that a visitor holds after a request that does this. */
  visit(act: (session: LiveSession) => unknown, ticket?: string): Promise<string>
  /** What a later request with this ticket finds. */
  look<T>(ticket: string, at: (session: LiveSession) => T): Promise<T>
}

/** A site of several processes, which share nothing but a store. */
export interface Place {
  readonly clock: Clock
  readonly records: MemoryStore
  /** `ahead`: seconds by which its clock is wrong. */
  server(options?: Partial<AdapterOptions> & { readonly ahead?: number }, surroundings?: Partial<Engine>): Server
}

export function place(shared: Partial<AdapterOptions> = {}): Place {
  const clock = clockFrom()
  const records = memoryStore({ now: clock.now })
  return {
    clock,
    records,
    server({ ahead = 0, ...own } = {}, surroundings = {}) {
      const { secrets = SECRET, store = records, ...more } = { ...shared, ...own }
      const watch = watched(store)
      const events: SessionEvent[] = []
      const onEvent = (event: SessionEvent) => {
        discretion.tell(event)
        events.push(event)
      }
      const now = () => clock.now() + ahead * 1000
      const options = { ...(!isNone(secrets) && { secrets }), now, onEvent, ...more, store: watch.store }
      const adapter = adapterOf(sessionsOf(options, { sleep: async () => {}, ...surroundings }))
      const arrive: Server['arrive'] = (ticket, headers = {}) => {
        const cookie = [ticket ?? []].flat().map((one) => `${COOKIE}=${one}`)
        return adapter.requestSession({}, new Headers({ ...headers, ...(cookie.length > 0 && { cookie: cookie.join('; ') }) }))
      }
      return {
        events,
        watch,
        arrive,
        async visit(act, ticket) {
          const requestSession = arrive(ticket)
          act(await requestSession.open())
          await requestSession.commit()
          return ticketIn(requestSession) ?? ticket ?? ''
        },
        look: async (ticket, at) => at(await arrive(ticket).open()),
      }
    },
  }
}

/** The ticket that this request session's response gives; '' where it clears the cookie. */
export function ticketIn(requestSession: RequestSession): string | undefined {
  const ticket = requestSession.lines[0]?.[1].split(';')[0]?.split('=')[1]
  if (ticket) discretion.hide(ticket)
  return ticket
}

/** What a request's commit came to, and whether its response says anything to the browser. */
export async function outcome(requestSession: RequestSession): Promise<{ readonly told: string; readonly lines: number }> {
  let told = 'done'
  try {
    await requestSession.commit()
  } catch (error) {
    told = (error as { code?: string }).code ?? String(error)
  }
  return { told, lines: requestSession.lines.length }
}

/** What becomes of a request that presents this ticket and does this. */
export async function attempt(server: Server, ticket: string, act: (session: LiveSession) => unknown): Promise<string> {
  const requestSession = server.arrive(ticket)
  act(await requestSession.open())
  const { told, lines } = await outcome(requestSession)
  return lines === 0 ? `${told}, nothing sent` : `${told}, ${ticketIn(requestSession) === '' ? 'cleared' : 'given'}`
}

/** An error of a store that is not there. */
export const down = (): never => {
  throw new Error('connection refused')
}
