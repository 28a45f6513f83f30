import { SessionError } from '../../errors.ts'
import type { Listener, Listening, Store } from '../../stores/store.ts'
import { callStore } from '../persistence/store-call.ts'
import type { Watching } from './watchable.ts'

/** What tells of ends, from when it was opened until it is lost: then another has to be opened. */
export class Channel {
  isLost = false
  #listening: Listening | undefined
  readonly #engine: Watching

  constructor(engine: Watching) {
    this.#engine = engine
  }

  /** Rejects when the store cannot be listened to, or does not answer in its time. */
  async open(store: Store, { told, lost }: Listener): Promise<void> {
    const opening = (async () =>
      store.watch?.({
        told: (key) => {
          if (!this.isLost) told(key)
        },
        lost: () => {
          this.isLost = true
          lost()
        },
      }))()
    try {
      this.#listening = await callStore(this.#engine, 'watch', () => opening)
    } catch (cause) {
      this.isLost = true
      opening.then(stop, () => {}) // it came too late
      throw new SessionError('STORE_FAILED', 'The store could not be listened to for ends of sessions.', {
        cause,
        fix: 'See `cause`. Until it can be, each session whose `signal` was asked for is read twice a second.',
      })
    }
  }

  async answers(): Promise<boolean> {
    if (this.isLost) return false
    try {
      await callStore(this.#engine, 'read the channel', async () => this.#listening?.ping())
      return !this.isLost
    } catch {
      return false
    }
  }

  close(): void {
    this.isLost = true
    stop(this.#listening)
  }
}

function stop(listening: Listening | undefined): void {
  listening?.stop().catch(() => {}) // it is of no use any more
}
