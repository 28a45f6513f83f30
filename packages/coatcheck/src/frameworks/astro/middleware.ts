import { answered, type FaceSessions, faceOf, remembered, type Scope, sessionsOf } from '../../core/face.ts'
import { type AstroDriver, astroRecord } from '../../foreign/astro.ts'
import type { Store } from '../../stores/store.ts'
import { type UnstorageLike, unstorageStore } from '../../stores/unstorage.ts'
import { cookieNameOf } from '../../ticket/cookie.ts'
import type { WebRequest, WebResponse } from '../../web.ts'
import { lingering } from './lingering.ts'
import { faceOptionsOf, type RuntimeSettings, type Settings } from './settings.ts'
import { afterwards, held } from './streams.ts'
import { shadow, type Visit } from './visit.ts'

/** What is used of Astro's `APIContext`. */
export interface AstroContext {
  readonly request: WebRequest
  readonly session?: object | undefined
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
  /** What a request was answered before Astro renders an error page for it. */
  const answers = new WeakMap<WebRequest, Response>()
  let face: FaceSessions | undefined
  return async (context, next) => {
    const { isPrerendered, request } = context
    const theirs = isPrerendered ? undefined : context.session
    // A rewrite comes through here again, and is stored where it began.
    if (!theirs || visits.has(theirs)) return next()
    face ??= sessionsWith(settings, found)
    const visit: Visit = { face, scope: face.scope(request, request.headers) }
    visits.set(theirs, visit)
    shadow(theirs, visit, settings.ttl)
    let response: WebResponse
    try {
      response = await next()
      const mentioned = mentionsOf(found.mentions, context.routePattern, response)
      // Read while the page is on its way, it would be too late to say that shared caches must not keep the page.
      if (visit.ends || (mentioned !== 0 && response.status < 500)) await visit.scope.open()
      if (mentioned !== 0 && needsTicket(mentioned, visit.scope)) response = await held(response)
      await visit.scope.close(response.status)
    } catch (error) {
      if (visit.ends) await visit.scope.open().catch(() => {})
      await visit.scope.abandon()
      throw error
    }
    withdraw(answers.get(request), visit.scope)
    const answer = giving(answered(response, [visit.scope]), visit)
    answers.set(request, answer)
    return afterwards(answer, visit)
  }
}

function mentionsOf(mentions: Found['mentions'], route: string, response: WebResponse): 0 | 1 | 2 {
  const isPage = /^text\/html\b/i.test(response.headers.get('content-type') ?? '') && response.body !== null
  return isPage ? ((typeof mentions === 'object' ? mentions[route] : undefined) ?? 1) : 0
}

/** Whether a change made while the page is on its way would need a cookie, which leaves before the page. */
const needsTicket = (mentioned: 1 | 2, { core, holdsTicket }: Scope): boolean =>
  mentioned === 2 || core.keeper.kind === 'sealed' || !holdsTicket

/** A ticket that was loaded and not replaced becomes the visitor's. */
function giving(response: WebResponse, { scope, loaded }: Visit): WebResponse {
  if (loaded === undefined || loaded !== scope.ticket) return response
  const { engine, transport } = scope.core
  for (const line of transport.give(loaded, 'cookie', engine.policy.absolute / 1000, [])) response.headers.append(...line)
  response.headers.set('cache-control', 'no-store')
  return response
}

/** Astro sends the cookies of the page and of the error page that takes its place. The newer of ours counts. */
function withdraw(before: WebResponse | undefined, { core, lines }: Scope): void {
  if (!before || lines.length === 0) return
  const cookies = before.headers.getSetCookie()
  before.headers.delete('set-cookie')
  for (const line of cookies) if (!core.transport.owns(cookieNameOf(line))) before.headers.append('set-cookie', line)
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
  return faceOf(sessionsOf({ ...options, foreign: options.foreign ?? (moved ? [moved] : []) }))
}
