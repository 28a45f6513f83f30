import {
  type AskedOf,
  besides,
  type HeadersOut,
  type NodeResponse,
  nodeHeaders,
  type RequestHeaders,
} from '../../core/adapter.ts'

/** The part of an event of h3 1 or 2, and so of Nitro and Nuxt, that is used here. */
export interface H3EventLike {
  readonly context?: object
  readonly headers?: RequestHeaders
  readonly req?: object
  readonly request?: { readonly headers: RequestHeaders }
  readonly res?: object
  readonly node?: { readonly req?: object | undefined; readonly res?: object | undefined } | undefined
  readonly app?: object | undefined
}

/** A request of h3 2, where it differs from a `Request`. */
interface Request2 {
  readonly headers?: RequestHeaders
  readonly runtime?: { readonly node?: { readonly res?: object } }
}

/** A response of h3 2 in preparation. */
interface Prepared {
  readonly status?: number
  readonly headers: HeadersOut
  /** Sent instead when a handler throws. */
  readonly errHeaders: HeadersOut
}

interface Node {
  readonly req?: { readonly headers: { readonly cookie?: string | undefined } }
}

/** The response that h3 2 prepares; undefined for an event of h3 1, whose `res` is node's, and for one that has no response. */
export function preparedOf(event: H3EventLike): Prepared | undefined {
  const res = event.res as Prepared | undefined
  return typeof res?.headers?.getSetCookie === 'function' ? res : undefined
}

/** The headers of an event. As in h3, an empty header presents nothing. */
export function presentedOf(event: H3EventLike): RequestHeaders {
  const own = (event.req as Request2 | undefined)?.headers
  const headers = typeof own?.get === 'function' ? own : (event.headers ?? event.request?.headers)
  return { get: (name) => headers?.get(name) || null }
}

/** What a request asks for. */
export function askedOf(event: H3EventLike): { readonly method: string; readonly url: string; readonly headers: RequestHeaders } {
  const asked: AskedOf = (preparedOf(event) ? event.req : event.node?.req) ?? {}
  const { method = '', url: rest = '', originalUrl: url = rest } = asked
  return { method, url, headers: presentedOf(event) }
}

/** By event, since h3 2 may put another request in the place of an event's own. */
const identities = besides<object>()

/**
 * The same for all events that answer one request, and no object that two requests may have in common: `context` is what whoever calls
 * the application makes of it, on Workers often `env`, one for all visitors.
 */
export function identityOf(event: H3EventLike): object {
  const known = identities.get(event)
  if (known) return known
  const identity = nodeResponseOf(event) ?? event.req ?? event
  identities.set(event, identity)
  return identity
}

/** The response of node:http, or an imitation of one, that answers this event. */
export function nodeResponseOf(event: H3EventLike): NodeResponse | undefined {
  const res = event.node?.res ?? (event.req as Request2 | undefined)?.runtime?.node?.res
  return res as NodeResponse | undefined
}

/**
 * Whether an event presents what the request of this response did. Nitro's cached handlers run on an event without cookies, whose
 * answer is kept for everybody.
 */
export function isAnswerTo(event: H3EventLike, res: NodeResponse): boolean {
  const { req } = res as Node
  return req?.headers === undefined || (req.headers.cookie || null) === presentedOf(event).get('cookie')
}

/** The headers of the answer, while they can be changed. */
export function headersOf(event: H3EventLike): HeadersOut[] {
  const prepared = preparedOf(event)
  if (prepared) return [prepared.headers, prepared.errHeaders]
  const res = nodeResponseOf(event)
  return res && isAnswerTo(event, res) ? [nodeHeaders(res)] : []
}
