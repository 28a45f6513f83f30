import { SessionError } from '../errors.ts'
import type { SomeHeaders } from '../web.ts'

/** A `Request`, or the request of node:http, Express or Connect. */
export interface RequestLike {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: SomeHeaders | { readonly [name: string]: string | string[] | undefined }
}

/** What servers hand to their middleware: an object that holds the request. */
export type ContextLike =
  /** Astro, React Router, Remix, Remix 3. */
  | { readonly request: RequestLike }
  /** Hono. */
  | { readonly req: { readonly raw: object } }
  /** h3 2 and Nitro 3. */
  | { readonly req: RequestLike }
  /** h3 1, Nitro 2 and Nuxt. */
  | { readonly node: { readonly req: RequestLike } }

/** Whatever stands for one request. */
export type AnyRequest = RequestLike | ContextLike

/** The part of a request that the check reads. No `X-Forwarded-*` or `Forwarded`: anybody may send them. */
export interface SeenRequest {
  readonly method: string
  /** As it came, with the search; what a router will make of it is not known here. */
  readonly target: string
  header(name: string): string | null
  /** The origin that the request was sent to, as far as this server can tell. */
  readonly ownOrigin: string | undefined
}

interface Held {
  readonly request?: unknown
  readonly req?: unknown
  readonly node?: { readonly req?: unknown }
  readonly raw?: unknown
}

interface Raw extends RequestLike {
  /** Express: the target without what a router has cut off. */
  readonly originalUrl?: string
  readonly socket?: { readonly encrypted?: boolean } | null
}

export function seenOf(given: AnyRequest): SeenRequest {
  const { method, url, originalUrl, headers, socket } = requestIn(given)
  const header = headerOf(headers)
  const target = originalUrl ?? url ?? ''
  const isSecure = socket?.encrypted ?? /^https:/i.test(target)
  return {
    method: method ?? 'GET',
    target,
    header,
    ownOrigin: originOf(`http${isSecure ? 's' : ''}://${header('host') ?? header(':authority') ?? hostIn(target)}`),
  }
}

function requestIn(given: AnyRequest): Raw {
  // Next's request throws when its `request` is looked at.
  if (globalThis.Request && given instanceof Request) return given
  const { request, req, node, raw } = (given ?? {}) as Held
  const found = [request, node?.req, (req as Held | undefined)?.raw, req, raw, given].find(isRequest)
  if (found) return found
  throw new SessionError('NOT_WRAPPED', 'What the cross-site check was given is no request, and holds none.', {
    fix: "Pass the `Request`, Node's `req`, Hono's `c`, h3's `event`, or the context of the middleware.",
  })
}

const isRequest = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && typeof ((value as Partial<Raw>).headers ?? undefined) === 'object'

function headerOf(headers: RequestLike['headers']): (name: string) => string | null {
  if (typeof headers.get === 'function') {
    const { get } = headers as SomeHeaders
    // A `Headers` object refuses names that are not of HTTP/1, such as `:authority`.
    return (name) => (name.startsWith(':') ? null : Reflect.apply(get, headers, [name]))
  }
  const all = headers as { readonly [name: string]: string | string[] | undefined }
  return (name) => {
    const value = Object.hasOwn(all, name) ? all[name] : undefined
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  }
}

/** Undefined for what is no absolute address. */
export function addressOf(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

const hostIn = (target: string): string => addressOf(target)?.host ?? ''

/** As browsers write an origin: lower case, without the scheme's own port. Undefined for what is none. */
export function originOf(text: string): string | undefined {
  const origin = addressOf(text)?.origin
  return origin === 'null' ? undefined : origin
}
