import type { FaceSessions, LiveSession } from '../../core/face.ts'
import { SessionError } from '../../errors.ts'

type Emit = FaceSessions['core']['engine']['emit']

/**
 * Sets values as Remix does, which keeps the JSON of whatever it is given: an instance of a class, say, or an object with functions in it.
 * The engine refuses these, so its JSON is stored; the request that set it goes on with what it set.
 */
export class Originals {
  readonly #live: () => LiveSession
  readonly #emit: Emit
  readonly #set = new Map<string, unknown>()

  constructor(live: () => LiveSession, emit: Emit) {
    this.#live = live
    this.#emit = emit
  }

  has = (key: string): boolean => this.#set.has(key)
  get = (key: string): unknown => this.#set.get(key)
  all = (): Record<string, unknown> => Object.fromEntries(this.#set)
  forget = (key: string): void => void this.#set.delete(key)

  /** As JSON, which knows no undefined, would have it in the next request. */
  set(key: string, value: unknown): void {
    this.forget(key)
    const live = this.#live()
    const json = this.#stored(
      key,
      value,
      (storable) => void (storable === undefined ? live.delete(key) : live.set(key, storable)),
    )
    if (json) this.#set.set(key, value)
  }

  flash(key: string, value: unknown): void {
    const live = this.#live()
    this.#stored(key, value, (storable) => void (storable === undefined ? live.flash(key) : live.flash(key, storable)))
  }

  /** Before a commit: what was changed inside since it was set. */
  refresh(): void {
    for (const [key, value] of this.#set) {
      const storable = jsonOf(value)
      if (storable === undefined) this.#live().delete(key)
      else this.#live().set(key, storable)
    }
  }

  /** Puts the value, or else its JSON; whether it was that. */
  #stored(key: string, value: unknown, put: (value: unknown) => void): boolean {
    try {
      put(value)
      return false
    } catch (error) {
      if (!(error instanceof SessionError) || error.code !== 'BAD_VALUE') throw error
      let storable: unknown
      try {
        storable = jsonOf(value)
      } catch {
        throw error
      }
      put(storable)
      const { handle } = this.#live()
      this.#emit({ type: 'reduced', key, ...(handle !== undefined && { handle }) })
      return true
    }
  }

  /** The session was ended: what was set in it is gone. */
  clear(): void {
    this.#set.clear()
  }
}

const jsonOf = (value: unknown): unknown => {
  const text = JSON.stringify(value)
  return text === undefined ? undefined : JSON.parse(text)
}
