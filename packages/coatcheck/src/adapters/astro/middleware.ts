import { answered, type FaceSessions, faceOf, type HeaderLine, remembered, type Scope, sessionsOf } from '../../core/adapter.ts'
import { type AstroDriver, astroRecord } from '../../migrate/astro.ts'
import type { Store } from '../../stores/store.ts'
import { type UnstorageLike, unstorageStore } from '../../stores/unstorage.ts'
import type { WebRequest, WebResponse } from '../../web.ts'
import { type AstroCookies, handOver } from './cookies.ts'
import { lingering } from './lingering.ts'
import { faceOptionsOf, policyOf, type RuntimeSettings, type Settings } from './settings.ts'
import { afterwards, held } from './streams.ts'
import { shadow, type Visit } from './visit.ts'

/** What is used of Astro's `APIContext`. */
export interface AstroContext {
  readonly request: WebRequest
  readonly session?: object | undefined
  readonly cookies: AstroCookies
  readonly isPrerendered: boolean
  readonly routePattern: string
}

/** By route: whether nothing of the page mentions a session (0), something does (1), or a new id, too (2). */
export type Mentions = Readonly<Record<string, 0 | 1 | 2>>

/** What the module that the integration writes has imported. */
export interface Found {
  readonly getSecret: (name: string) => string | undefined
  /** A store, or what makes one; null: sealed in the cookie. Undefined: behind the driver of Astro's own sessions. */
  readonly store?: Store | (() => Store) | null
  readonly driver?: () => UnstorageLike & AstroDriver
  /** The driver of Astro's own sessions. */
  readonly theirs?: () => UnstorageLike & AstroDriver
  readonly settings?: RuntimeSettings
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
  const visits = new WeakMap<object, Visit>()
  let face: FaceSessions | undefined
  return async (context, next) => {
    const { isPrerendered, request } = context
    const theirs = isPrerendered ? undefined : context.session
    // A rewrite comes through here again, and is stored where it began.
    if (!theirs || visits.has(theirs)) return next()
    face ??= sessionsWith(settings, found)
    const visit: Visit = { face, scope: face.scope(request, request.headers), left: [] }
    visits.set(theirs, visit)
    shadow(theirs, visit, settings.ttl)
    let response: WebResponse
    try {
      response = await next()
      // What `load` began, whether somebody waited for it or not.
      if (visit.left.length > 0) await Promise.all([visit.scope.open(), ...visit.left.map(({ done }) => done)])
      const mentioned = mentionsOf(found.mentions, context.routePattern, response)
      // Read while the page is on its way, it would be too late to say that shared caches must not keep the page.
      if (visit.ends || (mentioned !== 0 && response.status < 500)) await visit.scope.open()
      if (mentioned !== 0 && needsTicket(mentioned, visit.scope)) response = await held(response)
      await visit.scope.close(response.status, { renews: visit.sets === true && response.status < 500 })
    } catch (error) {
      if (visit.ends) await visit.scope.open().catch(() => {})
      await visit.scope.abandon()
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
const needsTicket = (mentioned: 1 | 2, { core, holdsTicket }: Scope): boolean =>
  mentioned === 2 || core.keeper.kind === 'sealed' || !holdsTicket

function answerOf(response: WebResponse, { scope, left, loaded }: Visit, cookies: AstroCookies): WebResponse {
  // A ticket that was loaded and not replaced becomes the visitor's.
  const isGiven = loaded !== undefined && loaded === scope.ticket
  const given = isGiven && scope.lines.length === 0 ? loadedLines(loaded, scope) : []
  const scopes = [...(isGiven ? [] : left.map((each) => each.scope)), scope]
  const answer = answered(response, scopes)
  if (isGiven) answer.headers.set('cache-control', 'no-store')
  for (const line of given) answer.headers.append(...line)
  handOver(answer.headers, [...scopes.flatMap(({ lines }) => lines), ...given], cookies)
  return answer
}

function loadedLines(ticket: string, { core, session }: Scope): HeaderLine[] {
  const { now, policy } = core.engine
  const seconds = session?.expiresAt === undefined ? policy.idle / 1000 : Math.ceil((session.expiresAt - now()) / 1000)
  return core.transport.give(ticket, 'cookie', seconds, [])
}

/** Made at the first request: while a site is built nobody has a session, and no secret need be set. */
function sessionsWith(settings: Settings, { getSecret, store, driver, theirs, settings: more, modules }: Found): FaceSessions {
  const old = theirs?.()
  const backend = driver?.() ?? old
  const made = typeof store === 'function' ? store() : store
  // A development server loads this again at each edit, and a driver that keeps all in memory would forget it. Its module and the text
  // of the call say which backend it is.
  const kept =
    made === undefined && backend
      ? remembered(`astro ${JSON.stringify([settings, modules])} ${driver ?? theirs}`, () => unstorageStore(backend))
      : made
  const options = faceOptionsOf(settings, { secretOf: getSecret, store: kept ?? undefined, more })
  const { formerCookie, cookie } = settings
  const moved = old && { ...lingering(astroRecord(old)), ...(formerCookie !== cookie.name && { cookieName: formerCookie }) }
  return faceOf(sessionsOf({ ...options, foreign: options.foreign ?? (moved ? [moved] : []) }, policyOf(settings)))
}
