import {
  type AdapterSessions,
  besides,
  type NodeResponse,
  presentedBy,
  type RequestHeaders,
  requestContext,
} from '../../core/adapter.ts'
import { areMutable, here } from './here.ts'
import { Visit } from './visit.ts'

/** The part of the request of an API route, and of `getServerSideProps`, that is used here. */
export interface PagesRequest {
  readonly headers: { readonly [name: string]: string | string[] | undefined }
}

/** What functions below `pages/` are given: `req` and `res`, or a context with both. */
export type PagesArguments =
  | readonly [req: PagesRequest, res: NodeResponse]
  | readonly [context: { readonly req: PagesRequest; readonly res: NodeResponse }]

/** The visits of one `nextSessions`. */
export class Visits {
  readonly adapter: AdapterSessions
  readonly #known = besides<Visit>()

  constructor(adapter: AdapterSessions) {
    this.adapter = adapter
  }

  /** Of the request that Next is answering, now in its proxy or not. Settles as `here` does. */
  async here(isProxy = false): Promise<Visit> {
    const { headers, cookies, cookie } = await here()
    const node = nodeAround(headers)
    const known = this.#known.get(headers)
    const visit = known?.cookie === cookie ? known : this.#begin(headers, cookie, node?.res)
    if (isProxy) visit.inProxy(node?.isPrefetch)
    else if (!areMutable(cookies)) visit.inPage(node?.isPrefetch)
    return visit
  }

  #begin(headers: RequestHeaders & object, cookie: string, res: NodeResponse | undefined): Visit {
    const get = (name: string): string | null => (name === 'cookie' ? cookie || null : headers.get(name))
    const visit = new Visit(this.adapter.detached({ get }), res, cookie)
    this.#known.set(headers, visit)
    return visit
  }

  /** Of a request below `pages/`. */
  of(given: PagesArguments): Visit {
    const { req, res } = given.length === 1 ? given[0] : { req: given[0], res: given[1] }
    const visit = this.#known.get(req) ?? new Visit(this.adapter.requestSession(req, presentedBy(req)), res)
    this.#known.set(req, visit)
    return visit
  }
}

/**
 * The request of node:http that Next is answering here. Next's own context and ours go from step to step together; one that presented other
 * cookies is that of another request all the same.
 */
function nodeAround(headers: RequestHeaders): { readonly res: NodeResponse; readonly isPrefetch: boolean } | undefined {
  const context = requestContext()
  if (context?.node?.presented.get('cookie') !== headers.get('cookie')) return undefined
  return context.node && { res: context.node.res, isPrefetch: isPrefetch(context.identity) }
}

/** Whether Next's links, or the browser, ask for a page that nobody may ever look at. Next takes these headers away before a page sees them (F27). */
function isPrefetch(req: { readonly rawHeaders?: readonly string[] }): boolean {
  const raw = req.rawHeaders ?? []
  return raw.some((name, at) => {
    if (at % 2 === 1) return false
    const value = raw[at + 1] ?? ''
    if (/^x-action-revalidated$/i.test(name)) return isThrownAway(value)
    return /^next-router-prefetch$/i.test(name) || (/^sec-purpose$/i.test(name) && /\bprefetch\b/i.test(value))
  })
}

/**
 * Next renders the page that an action leads to with the headers of the action's answer. By this one the scripts of Next 15 throw that page away,
 * and ask for it once more, when the action has set a cookie; those of Next 16, where it is a number, show it (F29).
 */
const isThrownAway = (revalidated: string): boolean => revalidated.startsWith('[[') && revalidated !== '[[],0,0]'
