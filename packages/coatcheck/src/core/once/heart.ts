import type { Engine } from '../engine.ts'
import { LEASE } from './state.ts'

type Timers = Pick<Engine, 'now' | 'sleep' | 'maxRequestTime'>

/** Renews a lease while its owner works. Writes one after the other: once it is stopped none is under way, and none follows. */
export class Heart {
  readonly #abort = new AbortController()
  readonly #engine: Timers
  #beats = true
  #writing: Promise<void> | undefined

  /** `renew`: false when the lease is not the owner's any more; it rejects when that cannot be told. */
  constructor(engine: Timers, renew: (beat: number) => Promise<boolean>) {
    this.#engine = engine
    void this.#beat(renew)
  }

  /** Aborted when nobody waits for the result any more. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  async stop(): Promise<void> {
    this.#beats = false
    await this.#writing
  }

  async #beat(renew: (beat: number) => Promise<boolean>): Promise<void> {
    const { now, sleep, maxRequestTime } = this.#engine
    const began = now()
    for (let beat = 1; ; beat++) {
      await sleep(LEASE / 3)
      if (!this.#beats) return
      // Whatever hangs is not waited for for ever.
      if (now() - began > maxRequestTime) break
      let isMine = true
      this.#writing = renew(beat).then(
        (is) => {
          isMine = is
        },
        // A store that fails may answer the next time.
        ({ code }) => {
          isMine = code === 'STORE_FAILED'
        },
      )
      await this.#writing
      if (!isMine) break
    }
    this.#abort.abort()
  }
}
