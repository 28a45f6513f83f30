import type { LiveSession } from '../../../core/adapter.ts'
import { type LiveValues, snapshotOf } from '../express-session/values.ts'
import type { SessionOptions } from './interface.ts'
import { type Behind, type CommitOptions, type Session, sessionOver } from './session.ts'

/** What the object of a session is made over. */
interface Shows {
  readonly live: LiveSession
  readonly values: LiveValues
  readonly externalKey: string | undefined
  readonly isKept: boolean
}

/** The object that `ctx.session` gives. */
export class Shown {
  readonly #options: SessionOptions
  readonly #commit: (how?: CommitOptions) => Promise<void>
  /** null: it was ended. undefined: nobody has asked for it. */
  session: Session | null | undefined
  #behind: Behind | undefined

  constructor(options: SessionOptions, commit: (how?: CommitOptions) => Promise<void>) {
    this.#options = options
    this.#commit = commit
  }

  get(here: Shows): Session | null {
    if (this.session === undefined) this.session = this.#over(here, !here.isKept)
    return this.session
  }

  set(here: Shows, value: unknown): void {
    if (value !== null && typeof value !== 'object') throw new Error('this.session can only be set as null or an object.')
    this.get(here)
    const { values, live } = here
    const given = value === null ? undefined : Object.entries(value)
    // Whoever still has the object of before goes on seeing what it held.
    if (this.#behind) this.#behind.values = snapshotOf(values)
    this.#behind = undefined
    if (!given) {
      values.clear()
      live.restart()
      this.session = null
      return
    }
    const names = new Set(given.map(([key]) => key))
    for (const key of values.keys()) if (!names.has(key)) values.delete(key)
    this.session = this.#over(here, false)
    for (const [key, each] of given) Reflect.set(this.session, key, each)
  }

  #over({ values, externalKey, isKept, live }: Shows, isNew: boolean): Session {
    const options = this.#options
    const behind: Behind = {
      values,
      externalKey,
      maxAge: () => options.maxAge,
      last(maxAge) {
        options.maxAge = maxAge
        session._requireSave = true
      },
      commit: this.#commit,
    }
    this.#behind = behind
    const session = sessionOver(behind, isNew, isKept && options.maxAge !== 'session' ? live.expiresAt : undefined)
    return session
  }
}
