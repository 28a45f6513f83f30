import { bad, SessionError } from '../../errors.ts'
import type { WebSignal } from '../../web.ts'
import type { LoadedSession, Persistence } from '../engine.ts'

/** The signal of one session object, from when it is first asked for. Nothing aborts it before the session is stored. */
export class EndSignal {
  readonly #controller = new AbortController()
  readonly #persistence: Persistence
  #isFollowing = false
  #isReleased = false
  #stop: (() => void) | undefined

  constructor(persistence: Persistence, kept: LoadedSession | undefined) {
    if (!persistence.live)
      throw bad(
        'store',
        'is missing, and `signal` needs one',
        'Pass a store: a session that is nowhere but in its cookie ends nowhere.',
      )
    this.#persistence = persistence
    this.follow(kept)
  }

  get signal(): WebSignal {
    return this.#controller.signal
  }

  /** The session is stored from here on. */
  follow(kept: LoadedSession | undefined): void {
    const { live } = this.#persistence
    if (!live || !kept || kept.migrates || this.#isFollowing) return
    this.#isFollowing = true
    // Most sites need none of it.
    import('../later.ts').then(
      ({ watch }) => {
        if (!this.#isReleased) this.#stop = watch(live, kept, () => this.#controller.abort(over()))
      },
      (error) => this.#controller.abort(error),
    )
  }

  /** Nobody waits for it any more. */
  release(): void {
    this.#isReleased = true
    this.#stop?.()
  }
}

const over = (): SessionError => new SessionError('SESSION_ENDED', 'The session has ended, or somebody signed in with it.')
