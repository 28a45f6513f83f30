import { digest } from '../../crypto/digest.ts'
import { createKeyring } from '../../crypto/keyring.ts'
import type { Engine } from '../engine.ts'
import type { Forwarding } from '../model/contents.ts'
import { type Lifetime, LONGEST_LIFE } from '../model/lifetime.ts'
import type { Records } from '../persistence/stored/records.ts'

/**
 * Leads from another library's ticket to the session that replaced it, by a record at a key derived from the ticket. `create` makes the
 * record, so that parallel first requests with one ticket share one session. The record stays when the session ends: the old ticket then
 * opens nothing. Only a visitor who has the ticket can read where it leads.
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

  /** The id of the session that `value` became; `''`: that session ended; undefined: nobody adopted it yet. */
  async follow(value: string): Promise<string | undefined> {
    const key = await this.keyOf(value)
    const known = await this.#records.read(key)
    if (!known) return undefined
    const { sealed } = known.forwarding ?? {}
    const opened = sealed === undefined ? undefined : await createKeyring([value]).open('adopted', [key], sealed)
    return typeof opened === 'object' ? opened.text : ''
  }

  /** Makes `value` lead to the session of `id`; `''`: to nothing, for good. False: it leads somewhere already. */
  async point(value: string, id: string, to: string): Promise<boolean> {
    const key = await this.keyOf(value)
    const sealed = id === '' ? undefined : await createKeyring([value]).seal('adopted', [key], id)
    return this.#create(key, { kind: 'regenerate', key: to, ...(sealed !== undefined && { sealed }) })
  }

  /** Makes the value of this key lead to nothing, unless it leads somewhere already. */
  async end(key: string): Promise<void> {
    await this.#create(key, { kind: 'regenerate', key })
  }

  #create(key: string, to: Forwarding): Promise<boolean> {
    const endsAt = this.#engine.now() + LONGEST_LIFE
    const lifetime: Lifetime = { createdAt: this.#engine.now(), endsAt, expiresAt: endsAt }
    return this.#records.createForwarding(key, to, lifetime)
  }
}
