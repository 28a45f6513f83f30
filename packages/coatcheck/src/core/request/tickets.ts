import {
  type CookieAttributes,
  CookieTooLong,
  clearCookie,
  cookiesIn,
  type PresentedCookie,
  writeCookie,
} from '../../cookies/cookie.ts'
import type { ReaderRequest } from '../../migrate/format.ts'
import type { RefusalReason } from '../model/events.ts'
import type { Settings } from '../options/options.ts'

/** Something to read request headers from, by lower-case name: a `Headers` object is one. */
export interface RequestHeaders {
  get(header: string): string | null
}

/** A request of which only its Cookie header is known. */
export function headersOf(cookie: string | null | undefined): RequestHeaders {
  return { get: (header) => (header === 'cookie' ? (cookie ?? null) : null) }
}

/** A header to put on the response. */
export type HeaderLine = readonly [name: string, value: string]

/** What one request presented, before any of it is believed. */
export interface IncomingTickets {
  /** The same texts for requests that present the same. */
  readonly credentials: readonly string[]
  readonly groups: readonly { readonly via: 'header' | 'cookie'; readonly values: readonly string[] }[]
  readonly refused: RefusalReason | undefined
  /** A cookie of ours, or what is left of one, is in the browser. */
  readonly hasCookie: boolean
  /** The header came along, maybe empty: the client wants its ticket there. */
  readonly hasHeader: boolean
  readonly pieces: readonly string[]
  /** What came in the cookie of this name. */
  named(name: string): Pick<PresentedCookie, 'values' | 'present'>
  /** Whether anything came that may open a session, genuine or not. */
  readonly presents: boolean
  /** What readers of other formats may look at. */
  request(now: number): ReaderRequest
}

/** How one response's cookie differs from the others: as one commit asked for. */
export interface LineOptions {
  readonly attributes?: CookieAttributes
  /** With an end even where the cookie would have none. */
  readonly lasts?: boolean
}

/** Longer than any ticket that fits eight cookies: refused before it is decoded. */
const LONGEST = 8 * 4096
const BEARER = /^Bearer ?$/i

/** How tickets come and go: which header and which cookie, and nothing of what they mean. */
export class Transport {
  readonly #settings: Settings

  constructor(settings: Settings) {
    this.#settings = settings
  }

  incoming(presented: RequestHeaders): IncomingTickets {
    const { cookie, header, joins } = this.#settings
    // A long header costs a copy each time it is asked for.
    const shownCookies = presented.get('cookie')
    const { named, first } = cookiesIn(shownCookies, joins)
    const came = cookie && named(cookie.name)
    const raw = header === undefined ? null : presented.get(header)
    const shown = raw === null ? undefined : header === 'authorization' ? tokenIn(raw) : raw.trim()
    const fits = (shown ?? '').length <= LONGEST
    const cookies = came?.values ?? []
    // Other libraries may have their tickets in any cookie.
    const rest = this.#settings.migrateFrom.length > 0 ? [shownCookies ?? ''] : []
    const hasCookie = came !== undefined && (came.present || came.pieces.length > 0)
    return {
      credentials: [shown ?? '', ...cookies, ...rest],
      groups: [
        { via: 'header' as const, values: shown && fits ? [shown] : [] },
        { via: 'cookie' as const, values: cookies },
      ],
      refused: fits ? came?.refused : 'oversized',
      hasCookie,
      hasHeader: shown !== undefined,
      pieces: came?.pieces ?? [],
      named,
      presents: hasCookie || (shown ?? '') !== '' || this.#oldNames.some((name) => named(name).present),
      request: (now) => ({
        now,
        cookieName: cookie?.name ?? '',
        cookie: first,
        cookies: (name) => named(name).values,
      }),
    }
  }

  /** For tickets by themselves. */
  bare(tickets: readonly string[]): IncomingTickets {
    const { cookie } = this.#settings
    return {
      credentials: tickets,
      groups: [{ via: 'cookie', values: tickets.filter((ticket) => ticket !== '' && ticket.length <= LONGEST) }],
      refused: undefined,
      hasCookie: tickets.some((ticket) => ticket !== ''),
      hasHeader: false,
      pieces: [],
      named: () => ({ values: [], present: false }),
      presents: tickets.length > 0,
      request: (now) => ({ now, cookieName: cookie?.name ?? '', cookie: () => undefined }),
    }
  }

  /** What gives the visitor `ticket`; throws `CookieTooLong`. `seconds`: how long it can be of use. */
  give(
    ticket: string,
    via: 'header' | 'cookie',
    seconds: number,
    pieces: readonly string[],
    how: LineOptions = {},
  ): HeaderLine[] {
    const { cookie, chunks, serialize } = this.#settings
    if (via === 'header' || !cookie) return this.#headerLine(ticket)
    const maxAge = (cookie.persistent || how.lasts) && { maxAge: seconds }
    const attributes = { ...cookie.attributes, ...maxAge, ...how.attributes }
    const lines = serialize
      ? [serialize(cookie.name, ticket, attributes)].flat()
      : writeCookie(cookie.name, ticket, attributes, { chunks, pieces })
    return lines.map((line) => ['set-cookie', line])
  }

  clear(via: 'header' | 'cookie', pieces: readonly string[], how: LineOptions = {}): HeaderLine[] {
    const { cookie, serialize } = this.#settings
    if (via === 'header' || !cookie) return this.#headerLine('')
    const attributes = { ...cookie.attributes, ...how.attributes }
    const lines = serialize ? [serialize(cookie.name, '', attributes)].flat() : clearCookie(cookie.name, attributes, pieces)
    return lines.map((line) => ['set-cookie', line])
  }

  /** What removes the cookies of other libraries that came along. */
  clearOthers({ named }: Pick<IncomingTickets, 'named'>): HeaderLine[] {
    return this.#oldNames.filter((name) => named(name).present).flatMap((name) => this.clearOther(name))
  }

  /** Cookies that other libraries' sessions may come in. */
  get #oldNames(): string[] {
    const names = this.#settings.migrateFrom.map(({ cookieName }) => cookieName ?? this.#settings.cookie?.name ?? '')
    return [...new Set(names)].filter((name) => name !== '')
  }

  /** What removes an old cookie that ours takes the place of, wherever its readers say that it is. */
  clearOther(name: string): HeaderLine[] {
    const { migrateFrom, cookie } = this.#settings
    const { path = '/', secure = false, domain } = cookie?.attributes ?? {}
    const isOurs = name === cookie?.name
    const prefixed = /^__(secure|host|http)-/i.test(name) && { secure: true, httpOnly: true }
    const lines = migrateFrom.flatMap(({ cookieName = cookie?.name, attributes }) => {
      const old = { path, ...attributes }
      // Of one name with ours: in another place only, since ours in the same one is replaced or cleared by itself.
      const isElsewhere = attributes && (old.path !== path || hostOf(old.domain) !== hostOf(domain))
      if (cookieName !== name || (isOurs && !isElsewhere)) return []
      return clearCookie(name, { secure: secure || attributes?.partitioned === true, ...prefixed, ...old })
    })
    return [...new Set(lines)].map((line) => ['set-cookie', line])
  }

  /** Whether this cookie is one of ours, whole or in pieces. */
  owns(cookieName: string): boolean {
    const name = this.#settings.cookie?.name
    return (
      name !== undefined &&
      (cookieName === name || (cookieName.startsWith(`${name}.`) && /^[1-7]$/.test(cookieName.slice(name.length + 1))))
    )
  }

  /** The request headers that a response which used the session depends on. */
  get vary(): string[] {
    const { cookie, header } = this.#settings
    return [...(cookie ? ['Cookie'] : []), ...(header === undefined ? [] : [header])]
  }

  #headerLine(ticket: string): HeaderLine[] {
    const { header } = this.#settings
    if (header === undefined) return []
    return [[header, header === 'authorization' && ticket !== '' ? `Bearer ${ticket}` : ticket]]
  }
}

/** The token; undefined for another scheme's credentials, which are none of ours (RFC 6750 2.1). */
const tokenIn = (authorization: string): string | undefined =>
  BEARER.test(authorization.slice(0, 'Bearer '.length)) ? authorization.slice('Bearer '.length).trim() : undefined

const hostOf = (domain: string | undefined) => domain?.toLowerCase().replace(/^\./, '')

export { CookieTooLong }
