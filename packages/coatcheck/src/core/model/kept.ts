import type { Happening } from './events.ts'

/** What is kept of a request for `explain`. `failed`: it was not opened, or not committed. `unkept`: its answer had a status with which nothing is kept. */
export type Kept =
  | Happening
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'unkept'; readonly status: number }

/** So many are remembered. */
const MOST = 1000

export interface RecentEnd {
  /** As the event `ended` has it. */
  readonly reason: string
  /** By a request that a browser made before anybody wanted to see its page. */
  readonly byPrefetch: boolean
}

/** How sessions ended in this process: their records are gone, and do not say. */
export class RecentEnds {
  readonly #ends = new Map<string, RecentEnd>()

  keep(handle: string, reason: string, byPrefetch = false): void {
    this.#ends.set(handle, { reason, byPrefetch })
    const [oldest] = this.#ends.keys()
    if (oldest !== undefined && this.#ends.size > MOST) this.#ends.delete(oldest)
  }

  of(handle: string | undefined): RecentEnd | undefined {
    return handle === undefined ? undefined : this.#ends.get(handle)
  }
}
