import {
  type AdapterSessions,
  adapterOf,
  answered,
  type DeviceBound,
  type HeaderLine,
  processSingleton,
  type RequestSession,
  sessionsOf,
  unlessOwn,
} from '../../core/adapter.ts'
import { type AstroDriver, astroRecord } from '../../migrate/astro.ts'
import type { Store } from '../../stores/store.ts'
import { type UnstorageLike, unstorageStore } from '../../stores/wrapping/unstorage.ts'
import type { WebRequest, WebResponse } from '../../web.ts'
import { type AstroCookies, handOver } from './cookies.ts'
import { lingering } from './lingering.ts'
import { adapterOptionsOf, policyOf, type RuntimeSettings, type Settings } from './settings.ts'
import { afterwards, held } from './streams.ts'
import { isShadowed, shadow, type Visit } from './visit.ts'

/** The part of Astro's `APIContext` that is used here. */
export interface AstroContext {
  readonly request: WebRequest
  readonly session?: object | undefined
  readonly cookies: AstroCookies
  readonly isPrerendered: boolean
  readonly routePattern: string
}

/** By route: whether nothing of the page mentions a session (0), something does (1), or a new id, too (2). */
export type Mentions = Readonly<Record<string, 0 | 1 | 2>>

/** The imports of the module that the integration writes. */
export interface Found {
  readonly getSecret: (name: string) => string | undefined
  /** A store, or what makes one; null: sealed in the cookie. Undefined: behind the driver of Astro's own sessions. */
  readonly store?: Store | (() => Store) | null
  readonly driver?: () => UnstorageLike & AstroDriver
  /** The driver of Astro's own sessions. */
  readonly theirs?: () => UnstorageLike & AstroDriver
  readonly settings?: RuntimeSettings
  readonly deviceBound?: DeviceBound
  /** While developing: which modules the drivers are. */
  readonly modules?: readonly string[]
  /** A text while developing, when nobody knows yet what a page will load. */
  readonly mentions?: Mentions | string
}

/** Astro middleware that makes `Astro.session` and `context.session` ours. The integration writes the call of it. */
export function sessionMiddleware(
  settings: Settings,
  found: Found,
): (context: AstroContext, next: () => Promise<WebResponse>) => Promise<WebResponse> {
  let adapter: AdapterSessions | undefined
  return async (context, next) => {
    const { isPrerendered, request } = context
    const theirs = isPrerendered ? undefined : context.session
    // A rewrite comes through here again, and is stored where it began.
    if (!theirs || isShadowed(theirs)) return next()
    adapter ??= sessionsWith(settings, found)
    const visit: Visit = { adapter, requestSession: adapter.requestSession(request, request.headers), left: [] }
    const through = () => throughAstro(context, next, theirs, visit)
    return unlessOwn(adapter, request, through, (own) => own)
  }

  async function throughAstro(
    context: AstroContext,
    next: () => Promise<WebResponse>,
    theirs: object,
    visit: Visit,
  ): Promise<WebResponse> {
    shadow(theirs, visit, settings.ttl)
    let response: WebResponse
    try {
      response = await next()
      // Loads that have begun, awaited or not.
      if (visit.left.length > 0) await Promise.all([visit.requestSession.open(), ...visit.left.map(({ done }) => done)])
      const mentioned = mentionsOf(found.mentions, context.routePattern, response)
      // Read while the page is on its way, it would be too late to say that shared caches must not keep the page.
      if (visit.ends || (mentioned !== 0 && response.status < 500)) await visit.requestSession.open()
      if (mentioned !== 0 && needsTicket(mentioned, visit.requestSession)) response = await held(response)
      await visit.requestSession.close(response.status, { renews: visit.sets === true && response.status < 500 })
    } catch (error) {
      if (visit.ends) await visit.requestSession.open().catch(() => {})
      await visit.requestSession.abandon()
      await Promise.allSettled(visit.left.map(({ done }) => done))
      throw error
    }
    return afterwards(answerOf(response, visit, context.cookies), visit)
  }
}

function mentionsOf(mentions: Found['mentions'], route: string, response: WebResponse): 0 | 1 | 2 {
  const isPage = /^text\/html\b/i.test(response.headers.get('content-type') ?? '') && response.body !== null
  return isPage ? ((typeof mentions === 'object' ? mentions[route] : undefined) ?? 1) : 0
}

/** Whether a change made while the page is on its way would need a cookie, which leaves before the page. */
const needsTicket = (mentioned: 1 | 2, { core, holdsTicket }: RequestSession): boolean =>
  mentioned === 2 || core.persistence.kind === 'sealed' || !holdsTicket

function answerOf(response: WebResponse, { requestSession, left, loaded }: Visit, cookies: AstroCookies): WebResponse {
  // A ticket that was loaded and not replaced becomes the visitor's.
  const isGiven = loaded !== undefined && loaded === requestSession.ticket
  const given = isGiven && requestSession.lines.length === 0 ? loadedLines(loaded, requestSession) : []
  const requestSessions = [...(isGiven ? [] : left.map((each) => each.requestSession)), requestSession]
  const answer = answered(response, requestSessions)
  if (isGiven) answer.headers.set('cache-control', 'no-store')
  for (const line of given) answer.headers.append(...line)
  handOver(answer.headers, [...requestSessions.flatMap(({ lines }) => lines), ...given], cookies)
  return answer
}

function loadedLines(ticket: string, { core, session }: RequestSession): HeaderLine[] {
  const { now, policy } = core.engine
  const seconds = session?.expiresAt === undefined ? policy.idle / 1000 : Math.ceil((session.expiresAt - now()) / 1000)
  return core.transport.give(ticket, 'cookie', seconds, [])
}

/** The route at which browsers register and refresh, where the middleware answers: it is for Astro to know of a path that is nobody's page. */
export const POST = (): WebResponse => new Response(null, { status: 404 })

/** Made at the first request: while a site is built nobody has a session, and no secret need be set. */
function sessionsWith(
  site: Settings,
  { getSecret, store, driver, theirs, settings, modules, deviceBound }: Found,
): AdapterSessions {
  const old = theirs?.()
  const backend = driver?.() ?? old
  const made = typeof store === 'function' ? store() : store
  // A development server loads this again at each edit, and a driver that keeps all in memory would forget it. Its module and the text
  // of the call say which backend it is.
  const kept =
    made === undefined && backend
      ? processSingleton(`astro ${JSON.stringify([site, modules])} ${driver ?? theirs}`, () => unstorageStore(backend))
      : made
  const more = settings || deviceBound ? { ...settings, ...(deviceBound && { deviceBound }) } : undefined
  const options = adapterOptionsOf(site, { secretOf: getSecret, store: kept ?? undefined, more })
  const { formerCookie, cookie } = site
  const moved = old && { ...lingering(astroRecord(old)), ...(formerCookie !== cookie.name && { cookieName: formerCookie }) }
  return adapterOf(sessionsOf({ ...options, migrateFrom: options.migrateFrom ?? (moved ? [moved] : []) }, policyOf(site)))
}
