import type { WebHeadersInit, WebRequest, WebResponse, WebURL } from '../../web.ts'

/** What is used of the options of Kit's `cookies.set`. */
export interface KitCookieOptions {
  readonly path: string
  readonly [name: string]: unknown
}

/** What Kit's `fetch` takes besides the request. */
export interface KitFetchInit {
  readonly headers?: WebHeadersInit
  readonly credentials?: string
}

/** The part of SvelteKit's `RequestEvent` that is used here. */
export interface KitEvent {
  readonly request: WebRequest
  readonly url: WebURL
  readonly locals: object
  readonly cookies: { set(name: string, value: string, options: KitCookieOptions): void }
  /** A page asks for its data, without its HTML. */
  readonly isDataRequest: boolean
  /** `event.fetch` made it, of this very site. */
  readonly isSubRequest: boolean
  /** A remote function is called. */
  readonly isRemoteRequest?: boolean
  fetch(input: WebRequest | WebURL | string, init?: KitFetchInit): Promise<WebResponse>
}

/** Kit takes the search away from pages that it makes while it builds the site: nothing else tells of them without an import of Kit's. */
export function isPrerendering({ url }: KitEvent): boolean {
  try {
    return url.search === undefined
  } catch {
    return true
  }
}

/** What `redirect()` of Kit throws, whose class cannot be imported here. */
export interface KitRedirect {
  readonly status: number
  readonly location: string
}

export function isRedirect(thrown: unknown): thrown is KitRedirect {
  if (typeof thrown !== 'object' || thrown === null) return false
  const { status, location } = thrown as Partial<KitRedirect>
  return typeof status === 'number' && status >= 300 && status <= 308 && typeof location === 'string'
}
