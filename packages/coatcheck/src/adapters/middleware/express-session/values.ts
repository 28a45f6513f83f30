import type { LiveSession, RequestSession } from '../../../core/adapter.ts'
import { Originals } from '../../../core/adapter.ts'
import type { Values } from './session.ts'

/** The key under which a session keeps what its cookie says otherwise than the options. As with express-session, no value has this name. */
export const COOKIE = 'cookie'

/**
 * The values of the session that a request has. As with express-session and its kin, what cannot be stored is stored as its JSON. `hides`: keys
 * that are no values.
 */
export class LiveValues implements Values {
  readonly live: LiveSession
  readonly #originals: Originals
  readonly #hides: (key: string) => boolean

  constructor(live: LiveSession, { core }: RequestSession, hides = (key: string): boolean => key === COOKIE) {
    this.live = live
    this.#hides = hides
    this.#originals = new Originals(() => live, core.engine.emit)
  }

  has = (key: string): boolean => !this.#hides(key) && (this.#originals.has(key) || this.live.has(key))
  get = (key: string): unknown => {
    if (this.#hides(key)) return undefined
    return this.#originals.has(key) ? this.#originals.get(key) : this.live.get(key)
  }
  set = (key: string, value: unknown): void => this.#originals.set(key, value)
  delete = (key: string): void => {
    this.#originals.forget(key)
    this.live.delete(key)
  }
  update = (key: string, change: (value: unknown) => unknown): unknown => {
    this.#originals.forget(key)
    return this.live.update(key, change)
  }
  keys = (): string[] => [
    ...new Set([...this.live.keys(), ...Object.keys(this.#originals.all())].filter((key) => !this.#hides(key))),
  ]
  /** Before a commit. */
  refresh = (): void => this.#originals.refresh()
  clear = (): void => this.#originals.clear()
}

/** connect-flash assigns an empty object each time it is asked for messages (F38). Whether that is all that these values are. */
export const holdsNothing = (values: Values): boolean =>
  [...values.keys()].join() === 'flash' && JSON.stringify(values.get('flash')) === '{}'

/** What a session held, for whoever still has its object. */
export function snapshotOf(values: Values): Map<string, unknown> {
  return new Map([...values.keys()].map((key) => [key, structuredCloneOf(values.get(key))]))
}

/** A copy, or the value itself if it holds what cannot be copied. */
function structuredCloneOf(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch {
    return value
  }
}
