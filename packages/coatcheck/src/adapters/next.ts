import {
  adapterOf,
  checkSiteOptions,
  type Session,
  type Sessions,
  type SiteOptionsOf,
  type Storable,
  sessionsOf,
  watchRequests,
} from '../core/adapter.ts'
import type { WebResponse } from '../web.ts'
import { now } from './next/clock.ts'
import { keepAlive, type ProxyAnswer, type ProxyRequest, throughProxy, unlessOurs } from './next/proxy.ts'
import { type PagesArguments, type PagesRequest, Visits } from './next/visits.ts'
import { wrapped } from './next/wrapped.ts'

export type { PagesRequest, ProxyRequest }

/** A session in Next. */
export interface NextSession<Data extends object = Record<string, unknown>, Flash extends object = Record<string, unknown>>
  extends Session<Data, Flash> {
  /**
   * Stores what changed, and gives the visitor the cookie that this needs. Call it in actions and route handlers, before `redirect()`. Rejects
   * as a store fails, with `CONFLICT`, and so on. In a page that is only prefetched it does nothing.
   */
  save(): Promise<void>
}

/** What `nextSessions` makes. The functions may be passed on detached. */
export interface NextSessions<Data extends object, Flash extends object> {
  /**
   * The session of the request that is being answered: in components, server actions, route handlers and the proxy without arguments, below
   * `pages/` with `req` and `res`, or with the context of `getServerSideProps`. Asking again gives the same one. Do not catch what it throws
   * where pages are built: Next learns by it that the page is made for each request. Rejects with `PRERENDERING` in a `force-static` page.
   */
  getSession(...pages: [] | PagesArguments): Promise<NextSession<Data, Flash>>
  /**
   * Wraps a server action, a route handler, an API route or `getServerSideProps`: what changed is stored when it returns, redirects or
   * answers "not found", without a `save()`; when it throws, or answers 500 or above, nothing is, except that a session it ended stays ended.
   */
  withSession<Arguments extends unknown[], Result>(
    act: (...given: Arguments) => Result,
  ): (...given: Arguments) => Promise<Awaited<Result>>
  /**
   * Wraps the function of proxy.ts (middleware.ts in Next 15): what it changed is stored, and the page sees it. By itself it is a proxy
   * too, which does nothing but move the end of sessions whose cookie says when they end. Either answers what browsers ask for device-bound
   * sessions, where `config.matcher` lets it see the path.
   */
  proxy<Request extends ProxyRequest, Rest extends unknown[]>(
    handler: (request: Request, ...rest: Rest) => ProxyAnswer | Promise<ProxyAnswer>,
  ): (request: Request, ...rest: Rest) => Promise<WebResponse | undefined>
  proxy(request: ProxyRequest): Promise<WebResponse | undefined>
  /** The sessions themselves, for `endAll`, `list`, `prune` and so on. */
  readonly sessions: Sessions<Data, Flash>
}

/**
 * Sessions for Next 15 and 16, on Node and on the edge runtime. Call it in a module of its own, which pages, handlers, actions and the proxy
 * import. `now` is by default a clock that Next allows in pages that it renders ahead. Throws `BAD_OPTIONS`.
 */
export function nextSessions<
  Data extends object & Storable<Data> = Record<string, unknown>,
  Flash extends object & Storable<Flash> = Record<string, unknown>,
>(options: SiteOptionsOf<Data>): NextSessions<Data, Flash> {
  checkSiteOptions(options)
  const sessions = sessionsOf<Data, Flash>({ now, ...options, sharedAs: 'next' })
  const visits = new Visits(adapterOf(sessions))
  watchRequests()

  type Handler = (request: ProxyRequest, ...rest: unknown[]) => ProxyAnswer | Promise<ProxyAnswer>
  function proxy(given: Handler | ProxyRequest) {
    if (typeof given !== 'function') return unlessOurs(visits, given, () => keepAlive(visits, given))
    return (...request: Parameters<Handler>) =>
      unlessOurs(visits, request[0], () => throughProxy(visits, request[0], () => given(...request)))
  }

  return {
    sessions,
    async getSession(...pages) {
      const visit = pages.length === 0 ? await visits.here() : visits.of(pages)
      return (await visit.open()) as unknown as NextSession<Data, Flash>
    },
    withSession:
      (act) =>
      (...given) =>
        wrapped(visits, given, () => act(...given)),
    proxy: proxy as NextSessions<Data, Flash>['proxy'],
  }
}
