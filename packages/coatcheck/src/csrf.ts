import { type CrossSiteOptions, rulesOf } from './csrf/options.ts'
import { type AnyRequest, type RequestLike, type SeenRequest, seenOf } from './csrf/request.ts'
import { teller } from './csrf/telling.ts'
import { holderOf, type TokenSession, tokenFor } from './csrf/token.ts'
import { isWebSocket, REFUSALS, type RefusedReason, type Verdict, verdictOn } from './csrf/verdict.ts'
import { SessionError } from './errors.ts'
import type { WebRequest, WebResponse } from './web.ts'

export type { CrossSiteEvent, CrossSiteOptions, Presented } from './csrf/options.ts'
export type { AnyRequest, ContextLike, RequestLike } from './csrf/request.ts'
export type { TokenSession } from './csrf/token.ts'
export type { AllowedReason, RefusedReason, Verdict } from './csrf/verdict.ts'

/** The part of node:http's `ServerResponse` that is used here. */
export interface ResponseLike {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(text: string): unknown
}

/** What `crossSite` makes. Methods may be passed on detached from the object. */
export interface CrossSite {
  /**
   * The decision on the headers alone, for whatever stands for the request: a `Request`, Node's `req`, Hono's `c`, h3's `event`, a
   * middleware's context. Throws `NOT_WRAPPED` for what holds no request.
   */
  check(given: AnyRequest): Verdict
  /** As `check`; what it refuses may pass with a token, where the option `token` says how to find it. Each refusal is an event. */
  decide(given: AnyRequest): Promise<Verdict>
  /** Wraps a `Request => Response` handler: what is refused is answered 403. */
  fetch<Rest extends unknown[]>(
    handler: (request: WebRequest, ...rest: Rest) => WebResponse | Promise<WebResponse>,
  ): (request: WebRequest, ...rest: Rest) => Promise<WebResponse>
  /** Middleware of Hono, h3 2, Nitro 3, Astro, React Router and Remix 3: what is refused is answered 403. */
  middleware<Result>(context: AnyRequest, next: () => Result): Promise<Awaited<Result> | WebResponse>
  /** A handler of h3 1, Nitro 2 and Nuxt, whose middleware has no `next`. */
  middleware(event: AnyRequest): Promise<WebResponse | undefined>
  /** Middleware of Express and Connect, and for a handler of node:http: what is refused is answered 403. */
  node(req: RequestLike, res: ResponseLike, next: (error?: unknown) => void): void
  /** For loaders and actions without a middleware: throws a `Response` of status 403 for what is refused. */
  protect(given: AnyRequest): Promise<void>
  /**
   * A token for a form of this session, to be sent back from where `check` would refuse it. Other at each call, as long as the
   * session and its owner stay, also under a new id. The first one stores a value in the session, and so begins one for a visitor who had none: their
   * page becomes private. `owner`: the person who signed in; default `session.owner`.
   */
  token(session: TokenSession, owner?: string): Promise<string>
}

/**
 * Refuses what pages of other sites send in a visitor's name (CSRF). Browsers say in `Sec-Fetch-Site` where a request comes from; where they
 * do not, `Origin` must be this site's. GET, HEAD and OPTIONS pass, WebSockets do not. Throws `BAD_OPTIONS`. OWASP ASVS 5.0, 3.5.1 to 3.5.3.
 */
export function crossSite<Given = never>(options: CrossSiteOptions<Given> = {}): CrossSite {
  const rules = rulesOf(options)
  const tell = teller(options)
  const { token: present } = options

  const refused = (reason: RefusedReason): Verdict => {
    tell(reason)
    return { allowed: false, reason }
  }
  /** At once where no token has to be looked at: the next middleware of Express runs in the same turn then. */
  const decision = (given: AnyRequest): Verdict | Promise<Verdict> => {
    const seen = seenOf(given)
    const verdict = verdictOn(seen, rules)
    if (verdict.allowed) return verdict
    return present && !isWebSocket(seen) ? withToken(given, seen, verdict.reason) : refused(verdict.reason)
  }
  const withToken = async (given: AnyRequest, { header }: SeenRequest, reason: RefusedReason): Promise<Verdict> => {
    const presented = await presentedBy(present as (given: AnyRequest) => unknown, given)
    if (!presented?.token) return refused(reason)
    const { session, token, owner = session.owner } = presented
    const holder = await holderOf(token, session, owner)
    if (holder === undefined) return refused('wrong-token')
    // Anybody may be given a guest's session, and its token with it: an attacker's, too.
    if (holder === 'guest' && !rules.tokenOrigins.has(header('origin') ?? '')) return refused('guest-token')
    return { allowed: true, reason: 'token' }
  }
  const answerTo = async (given: AnyRequest): Promise<WebResponse | undefined> => {
    const verdict = await decision(given)
    return verdict.allowed ? undefined : forbidden(verdict.reason)
  }
  return {
    check: (given) => verdictOn(seenOf(given), rules),
    decide: async (given) => decision(given),
    fetch:
      (handler) =>
      async (request, ...rest) =>
        (await answerTo(request)) ?? handler(request, ...rest),
    async middleware<Result>(context: AnyRequest, next?: () => Result) {
      // A page that Astro makes while it builds the site has no request, and Astro warns of who looks at one.
      const { isPrerendered } = context as { readonly isPrerendered?: boolean }
      const answer = isPrerendered === true ? undefined : await answerTo(context)
      return (answer ?? (await next?.())) as Awaited<Result> & WebResponse
    },
    node(req, res, next) {
      const settle = (verdict: Verdict): void => (verdict.allowed ? next() : refuse(res, verdict.reason))
      // A handler in the place of `next` takes no error, and must not run for one.
      const failed = (error: unknown): void => (next.length > 0 ? next(error) : fail(res, error))
      const deciding = decision(req)
      if (deciding instanceof Promise) void deciding.then(settle, failed)
      else settle(deciding)
    },
    async protect(given) {
      const answer = await answerTo(given)
      if (answer) throw answer
    },
    token: async (session, owner = session.owner) => tokenFor(session, owner),
  }
}

type Found = { readonly session: TokenSession; readonly token: unknown; readonly owner?: string } | undefined

/** A form that cannot be read brings no token; a store that fails is told. */
async function presentedBy(present: (given: AnyRequest) => unknown, given: AnyRequest): Promise<Found> {
  try {
    return (await present(given)) as Found
  } catch (error) {
    if (error instanceof SessionError) throw error
    return undefined
  }
}

const textOf = (reason: RefusedReason): string => `Forbidden (${reason}): ${REFUSALS[reason]}\n`
const HEADERS = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }

const forbidden = (reason: RefusedReason): WebResponse => new Response(textOf(reason), { status: 403, headers: HEADERS })

const refuse = (res: ResponseLike, reason: RefusedReason): void => end(res, 403, textOf(reason))

function fail(res: ResponseLike, error: unknown): void {
  console.error('coatcheck: the request failed.', error)
  end(res, 500, 'Internal Server Error\n')
}

function end(res: ResponseLike, status: number, text: string): void {
  res.statusCode = status
  for (const [name, value] of Object.entries(HEADERS)) res.setHeader(name, value)
  res.end(text)
}
