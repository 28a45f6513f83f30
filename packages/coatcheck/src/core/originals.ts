import type { Emit } from './model/events.ts'
import { jsonOf, setOrReduce } from './reduced.ts'
import type { LiveSession } from './session/session.ts'

/**
 * Sets values as Remix and express-session do, which keep the JSON of whatever they are given: an instance of a class, say, or an object with functions in it.
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
    if (setOrReduce(this.#live(), this.#emit, key, value)) this.#set.set(key, value)
  }

  flash(key: string, value: unknown): void {
    setOrReduce(this.#live(), this.#emit, key, value, 'flash')
  }

  /** Before a commit: what was changed inside since it was set. */
  refresh(): void {
    for (const [key, value] of this.#set) setOrReduce(this.#live(), this.#emit, key, jsonOf(value))
  }

  /** The session was ended: what was set in it is gone. */
  clear(): void {
    this.#set.clear()
  }
}
