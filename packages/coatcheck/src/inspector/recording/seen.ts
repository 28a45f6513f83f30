import type { SessionEvent } from '../../core/inspecting.ts'

/** A session as this process met it last. */
export interface Seen {
  readonly handle: string
  readonly owner: string | undefined
  readonly at: number
  readonly type: SessionEvent['type']
}

/** The sessions that this process met last: what there is to show where a store cannot list. */
export class SeenSessions {
  readonly #most: number
  readonly #seen = new Map<string, Seen>()

  constructor(most: number) {
    this.#most = most
  }

  event(event: SessionEvent): void {
    if (!('handle' in event) || event.handle === undefined || event.type === 'refused') return
    const { handle, owner, at, type } = event
    this.#seen.delete(handle)
    if (type === 'ended') return
    this.#seen.set(handle, { handle, owner, at, type })
    const [oldest] = this.#seen.keys()
    if (oldest !== undefined && this.#seen.size > this.#most) this.#seen.delete(oldest)
  }

  /** Those seen last first. */
  latest(): readonly Seen[] {
    return [...this.#seen.values()].reverse()
  }
}
