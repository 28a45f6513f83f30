import { digest } from '../../crypto/digest.ts'
import { createKeyring } from '../../crypto/keyring.ts'
import type { Engine } from '../engine.ts'
import type { Forwarding } from '../model/contents.ts'
import { type Lifetime, LONGEST_LIFE } from '../model/lifetime.ts'
import type { Records } from '../persistence/stored/records.ts'

/**
 * The way from another library's ticket to the session that is kept here instead of it: a pointer at a key that follows from the
 * ticket. It is made by `create`, so that parallel first requests with one ticket meet in one session, and it stays when the session
 * ends, so that the ticket opens nothing any more. Only who has the ticket can read where it leads.
 */
export class Adoptions {
  readonly #records: Records
  readonly #engine: Engine

  constructor(records: Records, engine: Engine) {
    this.#records = records
    this.#engine = engine
  }

  async keyOf(value: string): Promise<string> {
    return digest(`foreign ${this.#engine.binding}`, value)
  }

  /** The id of the session that `value` became, `''` when it was ended, undefined while it was not adopted. */
  async follow(value: string): Promise<string | undefined> {
    const key = await this.keyOf(value)
    const known = await this.#records.read(key)
    if (!known) return undefined
    const { sealed } = known.forwarding ?? {}
    const opened = sealed === undefined ? undefined : await createKeyring([value]).open('adopted', [key], sealed)
    return typeof opened === 'object' ? opened.text : ''
  }

  /** Makes `value` lead to the session of `id`; `''`: to nothing, for good. False when it leads somewhere already. */
  async point(value: string, id: string, to: string): Promise<boolean> {
    const key = await this.keyOf(value)
    const sealed = id === '' ? undefined : await createKeyring([value]).seal('adopted', [key], id)
    return this.#create(key, { kind: 'regenerate', key: to, ...(sealed !== undefined && { sealed }) })
  }

  /** From now on the value of this key leads to nothing, if it leads nowhere yet. */
  async end(key: string): Promise<void> {
    await this.#create(key, { kind: 'regenerate', key })
  }

  #create(key: string, to: Forwarding): Promise<boolean> {
    const endsAt = this.#engine.now() + LONGEST_LIFE
    const lifetime: Lifetime = { createdAt: this.#engine.now(), endsAt, expiresAt: endsAt }
    return this.#records.createForwarding(key, to, lifetime)
  }
}
