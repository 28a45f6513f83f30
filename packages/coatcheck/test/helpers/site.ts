import { withSession } from '../../src/adapters/fetch.ts'
import type { Engine } from '../../src/core/engine.ts'
import type { Happening, SessionEvent } from '../../src/core/model/events.ts'
import type { AdapterOptions } from '../../src/core/options/options.ts'
import type { Session } from '../../src/core/session/types.ts'
import { type Sessions, sessionsOf } from '../../src/core/sessions.ts'
import { type VisitInit, type Visitor, visitor } from '../../src/testing/visitor.ts'
import { type Clock, clockFrom } from './clock.ts'
import { Discretion } from './discretion.ts'

export const SECRET = 'kq3vX0n1tWq8m2Zp5sYc7uJb4rEd6fGh'
export const NEWER_SECRET = 'Vb9xLw2cTz7nQm4kRj8pHs5gDf3yUa6e'
export const COOKIE = '__Host-Http-session'

/** A site of these options has no secrets: tickets are ids without a MAC. */
export const WITHOUT_SECRETS = { secrets: [] as readonly string[] } as const

export const isNone = (secrets: AdapterOptions['secrets']): boolean => Array.isArray(secrets) && secrets.length === 0

/** What a page does with the session; a `Response` it returns is the answer. */
export type Act<T> = (session: Session, request: Request) => T | Promise<T>

/** A request that has been answered, whose cookies the browser has not taken yet. */
export interface Answered<T> {
  readonly value: T
  readonly response: Response
  arrive(): void
}

/** Somebody with a browser. */
export interface Person {
  readonly browser: Visitor
  /** Makes a request whose page does this, and takes the cookies of its answer; what the page returned. */
  does<T>(act: Act<T>, init?: VisitInit): Promise<T>
  /** The same; the answer itself. */
  asks(act: Act<unknown>, init?: VisitInit): Promise<Response>
  /** The same, but the cookies arrive when `arrive` is called. */
  begins<T>(act: Act<T>, init?: VisitInit): Promise<Answered<T>>
  /** Makes a request whose page never asks for the session. */
  passes(respond?: (request: Request) => Response, init?: VisitInit): Promise<Response>
  /** Someone with a copy of this browser's cookies. */
  thief(): Person
  /** The ticket the browser holds. */
  readonly ticket: string | undefined
}

export interface Site {
  readonly sessions: Sessions<Record<string, unknown>, Record<string, unknown>>
  readonly clock: Clock
  /** The events, without what every event carries. */
  readonly events: Happening[]
  /** Reasons of the `refused` events, in order. */
  readonly refusals: string[]
  readonly serve: (request: Request) => Promise<Response>
  person(): Person
}

/** What all sites of one test file told, and what they should have kept to themselves. */
export const discretion: Discretion = new Discretion()
discretion.hide(SECRET)
discretion.hide(NEWER_SECRET)

type Page = { readonly act: Act<unknown> } | { readonly respond: (request: Request) => Response }

/** An event without what every event carries. */
export function happening({ at: _, owner, request, ...event }: SessionEvent): Happening {
  return event as Happening
}

let visits = 0

/** A site behind coatcheck/fetch, with pages that each test brings along. Sealed cookies unless there is a store. */
export function site(options: Partial<AdapterOptions> & { clock?: Clock } = {}, surroundings: Partial<Engine> = {}): Site {
  const { clock = clockFrom(), secrets = SECRET, ...given } = options
  const events: Happening[] = []
  const onEvent = (event: SessionEvent) => {
    discretion.tell(event)
    events.push(happening(event))
  }
  const sessions = sessionsOf<Record<string, unknown>, Record<string, unknown>>(
    { ...(!isNone(secrets) && { secrets }), now: clock.now, onEvent, ...given },
    surroundings,
  )
  const pages = new Map<string, Page>()
  const values = new Map<string, unknown>()
  const handle = withSession(sessions, async (request: Request) => {
    const visit = request.headers.get('x-visit') ?? ''
    const page = pages.get(visit)
    if (!page) return new Response('no such page', { status: 404 })
    if ('respond' in page) return page.respond(request)
    const value = await page.act(await sessions.open(request), request)
    values.set(visit, value)
    return value instanceof Response ? value : new Response('ok')
  })
  const serve = async (request: Request) => {
    try {
      const response = await handle(request)
      discretion.read(response.headers)
      return response
    } catch (error) {
      discretion.tell(error)
      throw error
    }
  }

  function personWith(browser: Visitor): Person {
    const begin = async (page: Page, init: VisitInit = {}) => {
      const visit = String(++visits)
      pages.set(visit, page)
      const begun = await browser.begin('/', { ...init, headers: { ...init.headers, 'x-visit': visit } })
      return { ...begun, value: values.get(visit) }
    }
    const begins = (act: Act<unknown>, init?: VisitInit) => begin({ act }, init)
    const person: Person = {
      browser,
      begins: begins as Person['begins'],
      async asks(act, init) {
        return (await begins(act, init)).arrive()
      },
      does: (async (act: Act<unknown>, init?: VisitInit) => {
        const { arrive, value } = await begins(act, init)
        arrive()
        return value
      }) as Person['does'],
      async passes(respond = () => new Response('ok'), init = {}) {
        return (await begin({ respond }, init)).arrive()
      },
      thief: () => personWith(browser.steal()),
      get ticket() {
        const name = given.cookie === false ? '' : (given.cookie?.name ?? COOKIE)
        return browser.cookies().find((cookie) => cookie.name === name)?.value
      },
    }
    return person
  }

  return {
    sessions,
    clock,
    events,
    get refusals() {
      return events.flatMap((event) => (event.type === 'refused' ? [event.reason] : []))
    },
    serve,
    person: () => personWith(visitor(serve, { now: clock.now })),
  }
}
