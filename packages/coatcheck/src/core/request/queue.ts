import type { LiveSession } from '../session/session.ts'

/** Changes that wait for a session to be open. */
export class Queue {
  #changes: ((session: LiveSession) => void)[] = []
  #refusals: unknown[] = []

  get size(): number {
    return this.#changes.length
  }

  push(change: (session: LiveSession) => void): void {
    this.#changes.push(change)
  }

  /** Makes the changes in order. One that throws stops no other; whoever asked for it has gone on, so `check` tells it later. */
  run(session: LiveSession): void {
    for (const change of this.#changes.splice(0)) {
      try {
        change(session)
      } catch (error) {
        this.#refusals.push(error)
      }
    }
  }

  /** Throws what the first of them threw. */
  check(): void {
    const [refusal] = this.#refusals.splice(0)
    if (refusal !== undefined) throw refusal
  }

  clear(): void {
    this.#changes = []
    this.#refusals = []
  }
}
