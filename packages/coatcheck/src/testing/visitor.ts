import type { WebBody, WebRequest, WebResponse, WebSignal } from '../web.ts'
import { createJar, isSameSite, type Jar, type JarCookie, type RequestContext } from './jar.ts'

/** A server: a handler, or the origin of one that runs, such as `http://127.0.0.1:3000`. */
export type Serve = ((request: WebRequest) => Promise<WebResponse> | WebResponse) | string

export interface VisitorOptions {
  /** Where relative addresses lead. Default: the server's own origin, `https://app.test` for a handler. */
  readonly origin?: string
  /** Default: an empty one on the clock `now`. */
  readonly jar?: Jar
  /** The clock of the jar, milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** Whether `get` and `post` follow redirects, at most 20. Default true. */
  readonly follow?: boolean
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * As of `fetch`, and where the request comes from. A `cookie` header given here is sent in place of the jar's cookies. With methods other
 * than GET and HEAD go `Origin` and `Sec-Fetch-Site` as a browser sends them, unless one of both is given here.
 */
export interface VisitInit extends RequestContext {
  readonly headers?: Readonly<Record<string, string>>
  /** A record is sent as a form. */
  readonly body?: WebBody | Readonly<Record<string, string>>
  readonly follow?: boolean
  readonly signal?: WebSignal
}

/** A response whose cookies the browser has not taken yet. */
export interface Begun {
  readonly response: WebResponse
  /** Lets the browser take them now; once. */
  arrive(): WebResponse
}

export interface Refused {
  readonly line: string
  readonly why: string
}

/**
 * A browser for tests. A request carries the cookies of the moment it begins; those of its response are taken when its
 * promise resolves, so requests may be under way at the same time.
 */
export interface Visitor {
  /** Where relative addresses lead. */
  readonly origin: string
  readonly jar: Jar
  /** The Set-Cookie lines that the browser dropped, in order. */
  readonly refused: readonly Refused[]
  get(path: string, init?: VisitInit): Promise<WebResponse>
  post(path: string, body?: VisitInit['body'], init?: VisitInit): Promise<WebResponse>
  /** Sends this request with the jar's cookies, without following a redirect. */
  send(request: WebRequest, context?: RequestContext): Promise<WebResponse>
  /** Makes a request and leaves it to the caller when its cookies arrive. Follows no redirect. */
  begin(path: string, init?: VisitInit): Promise<Begun>
  /** Makes `count` requests at once. */
  parallel<T>(count: number, request: (index: number) => Promise<T>): Promise<T[]>
  cookies(): readonly JarCookie[]
  /** A header of the response that arrived last, or null. */
  header(name: string): string | null
  /** The headers by which a server knows this browser: `cookie`, and what the option `headers` gave. */
  presents(path?: string): Readonly<Record<string, string>>
  /** An attacker with a copy of this browser's cookies. */
  steal(): Visitor
  /** Attackers, one for each `Cookie` header that this browser has sent: each presents that one again, whatever the server answers. */
  past(): readonly Visitor[]
  /** Plants a cookie, as if `url` (default: the visitor's origin) had set it. Returns why the browser drops it, if it does. */
  plant(line: string, url?: string): string | undefined
}

const MOST_REDIRECTS = 20

/** A visitor of this server, with a cookie jar. */
export function visitor(serve: Serve, options: VisitorOptions = {}): Visitor {
  const { origin = typeof serve === 'string' ? serve : 'https://app.test', jar = createJar(options) } = options
  const answer = typeof serve === 'string' ? (request: WebRequest) => fetch(request) : serve
  const refused: Refused[] = []
  const sent = new Set<string>()
  let last: Headers | undefined

  /** Everything up to the first `await` happens when the request begins, the reading of the jar too. */
  async function exchange(request: WebRequest, context: RequestContext): Promise<Begun> {
    const whence = { ...context, method: request.method }
    const cookies = jar.header(request.url, whence)
    const headers = new Headers(request.headers)
    if (!headers.has('cookie') && cookies !== '') headers.set('cookie', cookies)
    sent.add(headers.get('cookie') ?? '')
    sayWhence(headers, request, context)
    const response = await answer(new Request(request, { headers, redirect: 'manual' }))
    let arrived = false
    const arrive = (): WebResponse => {
      if (arrived) return response
      arrived = true
      last = response.headers
      for (const line of response.headers.getSetCookie()) {
        const why = jar.set(line, request.url, whence)
        if (why !== undefined) refused.push({ line, why })
      }
      return response
    }
    return { response, arrive }
  }

  async function visit(path: string, init: VisitInit): Promise<WebResponse> {
    let request = requestFor(new URL(path, origin), init, options.headers)
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      const again = request.clone()
      const { response, arrive } = await exchange(request, init)
      arrive()
      const follow = init.follow ?? options.follow ?? true
      const next = follow ? await redirected(again, response) : undefined
      if (next === undefined || (typeof serve === 'string' && new URL(next.url).origin !== new URL(serve).origin)) return response
      await response.body?.cancel()
      request = next
    }
    throw new Error(`${path} redirects more than ${MOST_REDIRECTS} times. Pass { follow: false } to look at the first answer.`)
  }

  return {
    origin,
    jar,
    refused,
    get: (path, init = {}) => visit(path, init),
    post: (path, body, init = {}) => visit(path, { method: 'POST', ...init, ...(body !== undefined && { body }) }),
    send: async (request, context = {}) => (await exchange(request, context)).arrive(),
    begin: async (path, init = {}) => exchange(requestFor(new URL(path, origin), init, options.headers), init),
    parallel: (count, request) => Promise.all(Array.from({ length: count }, (_, index) => request(index))),
    cookies: () => jar.all(),
    header: (name) => last?.get(name) ?? null,
    presents(path = '/') {
      const cookie = jar.header(new URL(path, origin))
      return { ...(cookie && { cookie }), ...options.headers }
    },
    steal: () => visitor(serve, { ...options, jar: jar.copy() }),
    past: () => [...sent].filter(Boolean).map((cookie) => presenting(serve, cookie, { ...options, origin })),
    plant: (line, url = origin) => jar.set(line, url),
  }
}

/** Somebody who presents this `Cookie` header and no other, whatever the server answers. */
export function presenting(serve: Serve, cookie: string, options: VisitorOptions = {}): Visitor {
  return visitor(serve, { ...options, jar: createJar(options), headers: { ...options.headers, cookie } })
}

/**
 * As browsers do with what could change something (Fetch Metadata, Origin): so that a guard against cross-site requests lets it pass. A
 * test that gives one of both headers gives all there is.
 */
function sayWhence(headers: Headers, { method, url }: WebRequest, context: RequestContext): void {
  if (method === 'GET' || method === 'HEAD' || headers.has('origin') || headers.has('sec-fetch-site')) return
  const here = new URL(url)
  const { origin } = new URL(context.from ?? context.within ?? url)
  headers.set('origin', origin)
  // Browsers send it to secure origins alone.
  if (here.protocol === 'https:' || /^(?:localhost|127\.|\[::1\])/.test(here.host))
    headers.set('sec-fetch-site', origin === here.origin ? 'same-origin' : isSameSite(here, context) ? 'same-site' : 'cross-site')
}

function requestFor(url: URL, init: VisitInit, common: VisitorOptions['headers']): WebRequest {
  const { method = 'GET', body, signal } = init
  return new Request(url, {
    method,
    headers: { ...common, ...init.headers },
    ...(body !== undefined && { body: isForm(body) ? new URLSearchParams(body) : body }),
    ...(signal && { signal }),
  })
}

function isForm(body: NonNullable<VisitInit['body']>): body is Readonly<Record<string, string>> {
  return Object.getPrototypeOf(body) === Object.prototype
}

/** The request that a browser makes next (Fetch standard, HTTP-redirect fetch), or `undefined` when it stays here. */
async function redirected(request: WebRequest, response: WebResponse): Promise<WebRequest | undefined> {
  const location = response.headers.get('location')
  if (location === null || ![301, 302, 303, 307, 308].includes(response.status)) return undefined
  const url = new URL(location, request.url)
  const { method, signal } = request
  const headers = new Headers(request.headers)
  const becomesGet = response.status === 303 ? method !== 'HEAD' : response.status < 303 && method === 'POST'
  if (!becomesGet)
    return new Request(url, { method, headers, signal, ...(request.body && { body: await request.arrayBuffer() }) })
  for (const name of ['content-type', 'content-length', 'content-language', 'content-encoding', 'content-location'])
    headers.delete(name)
  return new Request(url, { headers, signal })
}
