import type { LiveSession } from '../../core/adapter.ts'
import { SessionError } from '../../errors.ts'
import { type Backing, type Origin, originate } from './origin.ts'

type Values = Record<string, unknown>

/** Values, and flash values for the next request. */
export type SessionData<Data extends object = Values, Flash extends object = Values> = [
  values: Partial<Data>,
  flash: Partial<Flash>,
]

/** A name that nobody else has. */
export function createSessionId(): string {
  return crypto.randomUUID()
}

/** A session as Remix 3 has it. What changes is stored by `save`, which the middleware calls. */
export class Session<Data extends object = Values, Flash extends object = Values> {
  readonly #values: Backing
  readonly #live: LiveSession | undefined
  /** Flash values that the request before left for this one. */
  readonly #shown: Values
  #next: Values = {}
  #id: string
  #deleteId: string | undefined
  #isNewId = false
  #isDestroyed = false
  #isDirty = false

  /** Made by hand, a session is new: it is stored under an id of the server's, whatever `id` says. */
  constructor(
    id: string = createSessionId(),
    [values = {}, flash = {}]: Partial<SessionData<Data, Flash>> = [],
    origin?: Origin,
  ) {
    this.#live = origin?.live
    this.#id = origin?.live.handle || id
    this.#values = this.#live ?? new Map(Object.entries(values))
    this.#shown = { ...flash }
    if (origin) originate(this, origin)
  }

  /** The session's public name, which opens nothing; for one that is not stored yet, or not yet under its new id, a random one. */
  get id(): string {
    return this.#id
  }
  /** The public name of what `regenerateId(true)` gave up. */
  get deleteId(): string | undefined {
    return this.#deleteId
  }
  /** Whether nothing can be written, because the store could not be read (`whenStoreDown`). Not in Remix 3. */
  get readOnly(): boolean {
    return this.#live?.readOnly ?? false
  }
  get data(): SessionData<Data, Flash> {
    if (this.#isDestroyed) return [{}, {}]
    const values = Object.fromEntries(Array.from(this.#values.keys(), (key) => [key, this.#values.get(key)]))
    return [values as Partial<Data>, { ...this.#next } as Partial<Flash>]
  }
  get destroyed(): boolean {
    return this.#isDestroyed
  }
  /** Whether there is something to store: flash values that were shown are to be removed. */
  get dirty(): boolean {
    return this.#isDirty || (this.#live?.changed ?? false) || Object.keys(this.#shown).length > 0
  }
  /** How many values and shown flash values there are. */
  get size(): number {
    return this.#isDestroyed ? 0 : [...this.#values.keys()].length + Object.keys(this.#shown).length
  }
  /** Whether a new id was asked for. */
  get moves(): boolean {
    return this.#isNewId
  }

  get<Key extends (keyof Data | keyof Flash) & string>(
    key: Key,
  ): (Key extends keyof Data ? Data[Key] : never) | (Key extends keyof Flash ? Flash[Key] : never) | undefined {
    if (this.#isDestroyed) return undefined
    const shown = Object.hasOwn(this.#shown, key) ? this.#shown[key] : undefined
    return (this.#values.get(key) ?? shown) as ReturnType<typeof this.get<Key>>
  }

  has(key: (keyof Data | keyof Flash) & string): boolean {
    return !this.#isDestroyed && (this.#values.has(key) || Object.hasOwn(this.#shown, key))
  }

  /** Null and undefined remove the value. */
  set<Key extends keyof Data & string>(key: Key, value: Data[Key] | null | undefined): void {
    this.#change()
    if (value === null || value === undefined) this.#values.delete(key)
    else this.#values.set(key, value)
  }

  unset(key: keyof Data & string): void {
    this.#change()
    this.#values.delete(key)
  }

  /** Leaves a value that the next request shows, and only that. */
  flash<Key extends keyof Flash & string>(key: Key, value: Flash[Key]): void {
    this.#change()
    this.#next[key] = value
  }

  /** A new id. The old one shows for `grace` seconds what there was, then nothing, with `deleteOldSession` and without. */
  regenerateId(deleteOldSession = false): void {
    this.#change()
    this.#isNewId = true
    if (deleteOldSession) this.#deleteId = this.#live?.handle || this.#id
    this.#id = createSessionId()
  }

  /** Ends the session for good; it cannot be written to afterwards. */
  destroy(): void {
    this.#isDestroyed = true
  }

  /** A storage calls this once the session is stored: its id is new no more. */
  saved(): void {
    this.#isNewId = false
    this.#id = this.#live?.handle || this.#id
  }

  #change(): void {
    if (this.#isDestroyed) {
      throw new SessionError('ENDED', 'Session has been destroyed.', { fix: 'The next request begins with a new one.' })
    }
    this.#isDirty = true
  }
}

export function createSession<Data extends object = Values, Flash extends object = Values>(
  id?: string,
  initialData?: SessionData<Data, Flash>,
): Session<Data, Flash> {
  return new Session(id, initialData)
}
