/** Milliseconds: longer than it takes to give all instances of a site a new secret. */
const ROLLOUT = 600_000
/** So many are told apart: whoever sends thousands hides nothing but that one of them is new. */
const MOST = 64
/** What a token begins with as text: its version and most of the id of its secret. */
const HEAD = 6

/**
 * Secrets that this process does not have. For ten minutes after one was first met it may be that another instance has it already: then
 * the visitor's session lives, and must not be replaced here. After that it is taken for one that was dropped.
 */
export class UnknownKeys {
  readonly #firstMet = new Map<string, number>()

  /** `token`: a ticket or a sealed record. `now`: milliseconds since the epoch. */
  mayBeNew(token: string, now: number): boolean {
    const head = token.slice(0, HEAD)
    const met = this.#firstMet.get(head)
    if (met !== undefined) return now - met < ROLLOUT
    for (const [old, at] of this.#firstMet) if (now - at > 2 * ROLLOUT) this.#firstMet.delete(old)
    if (this.#firstMet.size >= MOST) return false
    this.#firstMet.set(head, now)
    return true
  }
}
