import { Cookies, type PresentedCookie, readCookie } from '../../cookies/cookie.ts'
import type { ReaderRequest } from '../../migrate/format.ts'
import type { Circumstances, Engine } from '../engine.ts'
import type { RefusalReason } from '../model/events.ts'
import type { Kept } from '../model/kept.ts'
import type { Settings } from '../options/options.ts'

/** Something to read request headers from, by lower-case name: a `Headers` object is one. */
export interface RequestHeaders {
  get(header: string): string | null
}

/** A request of which only its Cookie header is known. */
export function headersOf(cookie: string | null | undefined): RequestHeaders {
  return { get: (header) => (header === 'cookie' ? (cookie ?? null) : null) }
}

/** The part of a request of node:http that is used here. */
export interface NodeRequest {
  readonly headers: { readonly [name: string]: string | string[] | undefined }
}

/** What a request of node:http presents. */
export const presentedBy = (req: NodeRequest): RequestHeaders => ({
  get(name) {
    const value = req.headers[name]
    return (typeof value === 'string' ? value : value?.[0]) ?? null
  },
})

/** What any request presents, of the platform or of Node. undefined: it is none. */
export function presentedIn(request: unknown): RequestHeaders | undefined {
  const headers = (request as { readonly headers?: unknown } | null | undefined)?.headers
  if (typeof headers !== 'object' || headers === null) return undefined
  if (typeof (headers as RequestHeaders).get === 'function') return headers as RequestHeaders
  return presentedBy({ headers: headers as NodeRequest['headers'] })
}

/** Tickets by the place they came in, and why one was left out. */
export interface ReadTickets {
  readonly groups: readonly { readonly via: 'header' | 'cookie'; readonly values: readonly string[] }[]
  readonly refused: RefusalReason | undefined
}

/** The tickets that one request presented, before any is checked. */
export interface IncomingTickets {
  /** The same texts for requests that present the same. */
  readonly credentials: readonly string[]
  readonly read: ReadTickets
  /** A cookie of ours, or what is left of one, is in the browser. */
  readonly hasCookie: boolean
  /** The header came along, maybe empty: the client wants its ticket there. */
  readonly hasHeader: boolean
  readonly pieces: readonly string[]
  /** The values of the cookie of this name. */
  named(name: string): Pick<PresentedCookie, 'values' | 'present'>
  /** Whether anything came that may open a session, genuine or not. */
  readonly presents: boolean
  /** The request as readers of other formats see it. */
  request(now: number): ReaderRequest
}

/** Longer than any ticket that fits eight cookies: refused before it is decoded. */
const LONGEST = 8 * 4096
const BEARER = /^Bearer ?$/i
const NONE: readonly string[] = []
/** Sec-Purpose is the standard's, Purpose and X-Moz what browsers sent before it. */
const PREFETCH = ['sec-purpose', 'purpose', 'x-moz']

/** Where requests have their tickets. `oldNames`: cookies that other libraries' sessions may come in. */
export interface TicketPlaces {
  readonly settings: Settings
  readonly oldNames: readonly string[]
}

/** The tickets in a request's headers. The headers are read at once, but parsed only when asked for: most pages read no session. */
export class Presented implements IncomingTickets {
  readonly #settings: Settings
  readonly #oldNames: readonly string[]
  /** A long header costs a copy each time that the platform is asked for it. */
  readonly #cookieHeader: string | null
  readonly #header: string | null
  #known: Cookies | undefined
  #came: PresentedCookie | undefined

  constructor({ settings, oldNames }: TicketPlaces, presented: RequestHeaders) {
    this.#settings = settings
    this.#oldNames = oldNames
    this.#cookieHeader = presented.get('cookie')
    this.#header = settings.header === undefined ? null : presented.get(settings.header)
  }

  /** Other libraries' cookies, each looked for once. */
  get #cookies(): Cookies {
    this.#known ??= new Cookies(this.#cookieHeader, this.#settings.joins)
    return this.#known
  }
  /** Our own cookie. */
  get #cookie(): PresentedCookie | undefined {
    const { cookie } = this.#settings
    this.#came ??= cookie && readCookie(this.#cookieHeader, cookie.name, this.#settings.joins)
    return this.#came
  }
  get #token(): string | undefined {
    if (this.#header === null) return undefined
    return this.#settings.header === 'authorization' ? tokenIn(this.#header) : this.#header.trim()
  }

  get credentials(): readonly string[] {
    // Other libraries may have their tickets in any cookie.
    const rest = this.#settings.migrateFrom.length > 0 ? [this.#cookieHeader ?? ''] : []
    return [this.#token ?? '', ...(this.#cookie?.values ?? []), ...rest]
  }
  get read(): ReadTickets {
    const token = this.#token ?? ''
    const came = this.#cookie
    const isLong = token.length > LONGEST
    const cookie = { via: 'cookie', values: came?.values ?? NONE } as const
    const groups = token === '' || isLong ? [cookie] : [{ via: 'header', values: [token] } as const, cookie]
    return { groups, refused: isLong ? 'oversized' : came?.refused }
  }
  get hasCookie(): boolean {
    return this.#cookie !== undefined && (this.#cookie.present || this.#cookie.pieces.length > 0)
  }
  get hasHeader(): boolean {
    return this.#token !== undefined
  }
  get pieces(): readonly string[] {
    return this.#cookie?.pieces ?? NONE
  }
  get presents(): boolean {
    if (this.#header === null && this.#cookieHeader === null) return false
    return this.hasCookie || (this.#token ?? '') !== '' || this.#oldNames.some((name) => this.named(name).present)
  }
  get named(): (name: string) => PresentedCookie {
    return (name) => (name === this.#settings.cookie?.name && this.#cookie) || this.#cookies.named(name)
  }
  get request(): IncomingTickets['request'] {
    return (now) => ({
      now,
      cookieName: this.#settings.cookie?.name ?? '',
      cookie: (name) => this.#cookies.first(name),
      cookies: (name) => this.named(name).values,
    })
  }
}

/** So many verdicts of one request are kept. */
const MOST_KEPT = 32

/** When and how a request came, and with which tickets. */
export class Arrival implements Circumstances {
  readonly arrivedAt: number
  readonly tickets: IncomingTickets
  onlyLooks = false
  /** What was decided about it, in order. */
  kept: Kept[] | undefined
  /** Called when there is more of it. */
  heard: (() => void) | undefined
  readonly #presented: RequestHeaders
  readonly #requestId: Engine['requestId']

  constructor({ now, requestId }: Pick<Engine, 'now' | 'requestId'>, presented: RequestHeaders, tickets: IncomingTickets) {
    this.tickets = tickets
    this.#presented = presented
    this.#requestId = requestId
    try {
      this.arrivedAt = now()
    } catch {
      this.arrivedAt = Number.NaN // a clock that tells no time is told of when the session is opened
    }
  }

  keep(event: Kept): void {
    this.kept ??= []
    if (this.kept.length < MOST_KEPT) this.kept.push(event)
    this.heard?.()
  }

  /** The error with which it was not opened, or not committed. */
  failed(error: unknown): unknown {
    this.keep({ type: 'failed', error })
    return error
  }

  /** A header that it came with. */
  header(name: string): string | undefined {
    return this.#presented.get(name) ?? undefined
  }

  get isPrefetch(): boolean {
    return PREFETCH.some((name) => this.header(name)?.includes('prefetch'))
  }

  get note(): string | undefined {
    return this.#requestId?.(this.#presented)
  }

  /** A ticket that is sent again may undo what a parallel request has sent: only with a page is that unlikely. */
  get mayResend(): boolean {
    return (this.#presented.get('sec-fetch-mode') ?? 'navigate') === 'navigate'
  }
}

/** A request that comes now. `tickets`: where they are not in its headers. */
export const arrived = (
  { engine, transport }: { readonly engine: Engine; readonly transport: { readonly places: TicketPlaces } },
  presented: RequestHeaders,
  tickets: IncomingTickets = new Presented(transport.places, presented),
): Arrival => new Arrival(engine, presented, tickets)

/** Tickets by themselves, without a request. */
export const bareTickets = (tickets: readonly string[], cookieName = ''): IncomingTickets => ({
  credentials: tickets,
  read: {
    groups: [{ via: 'cookie', values: tickets.filter((ticket) => ticket !== '' && ticket.length <= LONGEST) }],
    refused: undefined,
  },
  hasCookie: tickets.some((ticket) => ticket !== ''),
  hasHeader: false,
  pieces: NONE,
  named: () => ({ values: [], present: false }),
  presents: tickets.length > 0,
  request: (now) => ({ now, cookieName, cookie: () => undefined }),
})

/** The token; undefined for another scheme's credentials, which are none of ours (RFC 6750 2.1). */
const tokenIn = (authorization: string): string | undefined =>
  BEARER.test(authorization.slice(0, 'Bearer '.length)) ? authorization.slice('Bearer '.length).trim() : undefined
