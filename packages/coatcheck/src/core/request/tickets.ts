import { lineWriter } from '../../cookies/attributes.ts'
import { type CookieAttributes, CookieTooLong, clearCookie, writeCookie } from '../../cookies/cookie.ts'
import { partsOf, type ResponseCookie } from '../../cookies/response-cookie.ts'
import type { Maybe } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import type { Engine, LoadedSession, Saved } from '../engine.ts'
import { largest } from '../model/contents.ts'
import { cookieEnd } from '../model/lifetime.ts'
import type { Settings } from '../options/options.ts'
import { bareTickets, type IncomingTickets, Presented, type RequestHeaders, type TicketPlaces } from './incoming.ts'

/** A header to put on the response. */
export type HeaderLine = readonly [name: string, value: string]

/** The cookies of these headers, for frameworks that set cookies by a call of their own. A ticket in another header is none. */
export function cookiesOf(lines: readonly HeaderLine[]): ResponseCookie[] {
  return lines.flatMap(([name, line]) => (name === 'set-cookie' ? (partsOf(line) ?? []) : []))
}

/** How one response's cookie differs from the others: as one commit asked for. */
export interface LineOptions {
  readonly attributes?: CookieAttributes
  /** With an end even where the cookie would have none. */
  readonly lasts?: boolean
}

/** How tickets come and go: which header and which cookie, and nothing of what they mean. */
export class Transport {
  readonly #settings: Settings
  /** Cookies that other libraries' sessions may come in. */
  readonly #oldNames: readonly string[]
  readonly places: TicketPlaces
  /** Goes with what clears a ticket. */
  besides: readonly HeaderLine[] = []
  /** The request headers that a response which used the session depends on. */
  readonly vary: readonly string[]
  readonly #line: ReturnType<typeof lineWriter>

  constructor(settings: Settings) {
    const { cookie, header, migrateFrom } = settings
    this.#settings = settings
    this.vary = [...(cookie ? ['Cookie'] : []), ...(header === undefined ? [] : [header])]
    this.#oldNames = [...new Set(migrateFrom.map(({ cookieName }) => cookieName ?? cookie?.name ?? ''))].filter(
      (name) => name !== '',
    )
    this.places = { settings, oldNames: this.#oldNames }
    this.#line = lineWriter(cookie?.name ?? '', cookie?.attributes ?? {})
  }

  incoming(presented: RequestHeaders): IncomingTickets {
    return new Presented(this.places, presented)
  }

  /** For tickets by themselves. */
  bare(tickets: readonly string[]): IncomingTickets {
    return bareTickets(tickets, this.#settings.cookie?.name)
  }

  /** The headers that give the visitor `ticket`; throws `CookieTooLong`. `seconds`: how long the ticket is of use. */
  give(
    ticket: string,
    via: 'header' | 'cookie',
    seconds: number,
    pieces: readonly string[],
    how: LineOptions = {},
  ): HeaderLine[] {
    const { cookie, chunks, serialize } = this.#settings
    if (via === 'header' || !cookie) return this.#headerLine(ticket)
    const isPlain = pieces.length === 0 && !serialize && !how.attributes
    const line = isPlain ? this.#line(ticket, cookie.persistent || how.lasts ? seconds : undefined) : undefined
    if (line !== undefined) return [['set-cookie', line]]
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
    return [...lines.map((line): HeaderLine => ['set-cookie', line]), ...this.besides]
  }

  /** The headers that remove the cookies of other libraries that came along. */
  clearOthers({ named }: Pick<IncomingTickets, 'named'>): HeaderLine[] {
    return this.#oldNames.filter((name) => named(name).present).flatMap((name) => this.clearOther(name))
  }

  /** The headers that remove an old cookie that ours replaces, at every place that its readers name. */
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

  #headerLine(ticket: string): HeaderLine[] {
    const { header } = this.#settings
    if (header === undefined) return []
    return [[header, header === 'authorization' && ticket !== '' ? `Bearer ${ticket}` : ticket]]
  }
}

/** Tells the visitor in one response: nothing, a new ticket, or that the ticket is gone. */
export class TicketResponse {
  readonly #transport: Transport
  readonly #engine: Engine
  readonly #incoming: IncomingTickets
  /** Where the ticket came from, which is where the answer goes. */
  readonly via: 'header' | 'cookie'
  lines: readonly HeaderLine[] = []
  /** A cookie of another library that ours takes the place of. */
  other: string | undefined
  /** Goes with each ticket that this response gives from here on. */
  more: readonly HeaderLine[] = []

  constructor(
    transport: Transport,
    engine: Engine,
    incoming: IncomingTickets,
    via: 'header' | 'cookie' = incoming.hasHeader ? 'header' : 'cookie',
  ) {
    this.#transport = transport
    this.#engine = engine
    this.#incoming = incoming
    this.via = via
  }

  /** The lines that give `ticket`. Throws `COOKIE_TOO_LARGE`. */
  giving(ticket: string, loaded: LoadedSession, how: LineOptions = {}): HeaderLine[] {
    const { lasts } = loaded.contents
    const { policy } = this.#engine
    const now = this.#engine.now()
    const end = cookieEnd(loaded.lifetime, loaded.contents, policy, now)
    // The session may have ended while a slow store answered.
    const seconds = Math.max(0, Math.ceil((end - now) / 1000))
    // A session that was told how long it lasts keeps to it in the browser too, whatever this commit says.
    const options = { ...how, lasts: how.lasts || lasts !== undefined }
    const old = this.other === undefined ? [] : this.#transport.clearOther(this.other)
    try {
      return [...this.#transport.give(ticket, this.via, seconds, this.#incoming.pieces, options), ...old, ...this.more]
    } catch (error) {
      if (!(error instanceof CookieTooLong)) throw error
      const what = `The session does not fit into its cookie: ${error.bytes} bytes. Its largest values: ${largest(loaded.contents)}.`
      throw new SessionError('COOKIE_TOO_LARGE', what)
    }
  }

  /** What is saved once a new ticket is known to fit: what cannot be sent is not to take the place of anything. */
  confirmed(saved: Saved, how: LineOptions): Maybe<Saved> {
    const { confirm, ticket, loaded } = saved
    if (!confirm) return saved
    if (ticket !== undefined && loaded) this.giving(ticket, loaded, how)
    return confirm()
  }

  /** The lines that take the ticket from a visitor who has one, `always` from any; what this response would have given is simply not sent. */
  clearing(how: LineOptions = {}, always = false): HeaderLine[] {
    this.lines = []
    const { hasCookie, hasHeader, pieces } = this.#incoming
    return [
      ...(hasCookie || hasHeader || always ? this.#transport.clear(this.via, pieces, how) : []),
      ...this.#transport.clearOthers(this.#incoming),
    ]
  }
}

const hostOf = (domain: string | undefined) => domain?.toLowerCase().replace(/^\./, '')
