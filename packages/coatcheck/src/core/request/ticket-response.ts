import { SessionError } from '../../errors.ts'
import type { Engine, LoadedSession } from '../engine.ts'
import { largest } from '../model/contents.ts'
import { cookieEnd } from '../model/lifetime.ts'
import { CookieTooLong, type HeaderLine, type IncomingTickets, type LineOptions, type Transport } from './tickets.ts'

/** What one response tells the visitor of the session's ticket: nothing, a new one, or that it is gone. */
export class TicketResponse {
  readonly #transport: Transport
  readonly #engine: Engine
  readonly #incoming: IncomingTickets
  /** Where the ticket came from, which is where the answer goes. */
  via: 'header' | 'cookie'
  lines: readonly HeaderLine[] = []
  /** A cookie of another library that ours takes the place of. */
  other: string | undefined

  constructor(transport: Transport, engine: Engine, incoming: IncomingTickets) {
    this.#transport = transport
    this.#engine = engine
    this.#incoming = incoming
    this.via = incoming.hasHeader ? 'header' : 'cookie'
  }

  /** The lines that give `ticket`. Throws `COOKIE_TOO_LARGE`. */
  giving(ticket: string, loaded: LoadedSession, how: LineOptions = {}): HeaderLine[] {
    const { lasts } = loaded.contents
    const { now, policy } = this.#engine
    const end = cookieEnd(loaded.lifetime, loaded.contents, policy, now())
    // It may have ended while a slow store answered.
    const seconds = Math.max(0, Math.ceil((end - now()) / 1000))
    // A session that was told how long it lasts keeps to it in the browser too, whatever this commit says.
    const persistence = { ...how, lasts: how.lasts || lasts !== undefined }
    const old = this.other === undefined ? [] : this.#transport.clearOther(this.other)
    try {
      return [...this.#transport.give(ticket, this.via, seconds, this.#incoming.pieces, persistence), ...old]
    } catch (error) {
      if (!(error instanceof CookieTooLong)) throw error
      const what = `The session does not fit into its cookie: ${error.bytes} bytes. Its largest values: ${largest(loaded.contents)}.`
      throw new SessionError('COOKIE_TOO_LARGE', what)
    }
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
