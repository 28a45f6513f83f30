import { SessionError } from '../errors.ts'
import { largest } from './body.ts'
import type { Engine, Held } from './engine.ts'
import { type Arrival, CookieTooLong, type HeaderLine, type Transport } from './transport.ts'

/** What one response tells the visitor of the session's ticket: nothing, a new one, or that it is gone. */
export class Reply {
  readonly #transport: Transport
  readonly #engine: Engine
  readonly #arrival: Arrival
  /** Where the ticket came from, which is where the answer goes. */
  via: 'header' | 'cookie'
  lines: readonly HeaderLine[] = []

  constructor(transport: Transport, engine: Engine, arrival: Arrival) {
    this.#transport = transport
    this.#engine = engine
    this.#arrival = arrival
    this.via = arrival.hasHeader ? 'header' : 'cookie'
  }

  /** The lines that give `ticket`. Throws `COOKIE_TOO_LARGE`. */
  giving(ticket: string, held: Held): HeaderLine[] {
    const seconds = Math.ceil((held.life.endsAt - this.#engine.now()) / 1000)
    try {
      return this.#transport.give(ticket, this.via, seconds, this.#arrival.pieces)
    } catch (error) {
      if (!(error instanceof CookieTooLong)) throw error
      const what = `The session does not fit into its cookie: ${error.bytes} bytes. Its largest values: ${largest(held.body)}.`
      throw new SessionError('COOKIE_TOO_LARGE', what)
    }
  }

  /** The lines that take the ticket from a visitor who has one; what this response would have given is simply not sent. */
  clearing(): HeaderLine[] {
    this.lines = []
    const { hasCookie, hasHeader, pieces } = this.#arrival
    return hasCookie || hasHeader ? this.#transport.clear(this.via, pieces) : []
  }
}
