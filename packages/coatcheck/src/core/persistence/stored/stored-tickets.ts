import { decode, encode } from '../../../crypto/base64url.ts'
import { digest } from '../../../crypto/digest.ts'
import { andThen, type Maybe } from '../../../crypto/maybe.ts'
import { randomBytes } from '../../../crypto/random.ts'
import type { Engine, Refused } from '../../engine.ts'

const ID_BYTES = 24
/** An id, in base64url. */
const UNSIGNED = 32
/** Version, key id, MAC and id, in base64url. */
const SIGNED = 60

interface Shown {
  readonly id: string
  readonly key: string
  readonly stale: boolean
}

/** The tickets of stored sessions: a random id, with a MAC when there are secrets. The record's key is the id's digest. */
export class StoredTickets {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  make(): Maybe<{ readonly id: string; readonly key: string }> {
    const id = encode(randomBytes(ID_BYTES))
    return andThen(this.keyOf(id), (key) => ({ id, key }))
  }

  /** Without secrets nothing but the cookie's name in it would keep two names on one store apart. */
  keyOf(id: string): Maybe<string> {
    return digest(`session ${this.#engine.binding}`, id)
  }

  ticketOf(id: string): Maybe<string> {
    const { keyring, binding } = this.#engine
    return keyring ? keyring.sign('ticket', [binding], decode(id) ?? new Uint8Array()) : id
  }

  /** The id that a ticket shows, and the key of its record, checked before anything is asked of the store. */
  shownBy(ticket: string): Maybe<Shown | Refused> {
    return andThen(this.#idOf(ticket), (shown) =>
      'refused' in shown ? shown : andThen(this.keyOf(shown.id), (key) => ({ ...shown, key })),
    )
  }

  #idOf(ticket: string): Maybe<Omit<Shown, 'key'> | Refused> {
    const { keyring, binding, acceptUnsigned } = this.#engine
    const isUnsigned = ticket.length === UNSIGNED && decode(ticket) !== undefined
    if (!keyring) return isUnsigned ? { id: ticket, stale: false } : { refused: 'malformed' }
    if (isUnsigned) return acceptUnsigned ? { id: ticket, stale: true } : { refused: 'forged', detail: 'unsigned' }
    // What is longer is none of these, and is not decoded: its beginning says whose it may be.
    return andThen(keyring.verify('ticket', [binding], ticket.slice(0, SIGNED)), (verified) => {
      if (typeof verified === 'string') return { refused: verified }
      if (ticket.length > SIGNED) return { refused: 'forged' }
      return verified.bytes.length === ID_BYTES
        ? { id: ticket.slice(-UNSIGNED), stale: verified.stale }
        : { refused: 'malformed' }
    })
  }

  /** The id for the record that leads to it: so that a stolen store opens nothing. undefined without secrets. */
  async seal(id: string, key: string): Promise<string | undefined> {
    return this.#engine.keyring?.seal('pointer', [key], id)
  }

  async open(sealed: string | undefined, key: string): Promise<string | undefined> {
    const opened = sealed === undefined ? undefined : await this.#engine.keyring?.open('pointer', [key], sealed)
    return typeof opened === 'object' ? opened.text : undefined
  }
}
