import type { LiveSession } from '../session/session.ts'

/** Changes that wait for a session to be open. */
export class Queue {
  #changes: ((session: LiveSession) => void)[] | undefined
  #refusals: unknown[] | undefined

  get size(): number {
    return this.#changes?.length ?? 0
  }

  push(change: (session: LiveSession) => void): void {
    this.#changes ??= []
    this.#changes.push(change)
  }

  /** Makes the changes in order. One that throws stops no other; its caller has gone on, so `check` throws the error later. */
  run(session: LiveSession): void {
    const changes = this.#changes ?? []
    this.#changes = undefined
    for (const change of changes) {
      try {
        change(session)
      } catch (error) {
        this.#refusals = [...(this.#refusals ?? []), error]
      }
    }
  }

  /** Throws what the first of them threw. */
  check(): void {
    const [refusal] = this.#refusals ?? []
    this.#refusals = undefined
    if (refusal !== undefined) throw refusal
  }

  clear(): void {
    this.#changes = undefined
    this.#refusals = undefined
  }
}

export function queued(change: (session: LiveSession) => void, queue: Queue = new Queue()): Queue {
  queue.push(change)
  return queue
}
