/** Milliseconds: longer than it takes to give all instances of a site a new secret. */
const ROLLOUT = 600_000
/** Most keys told apart. A visitor who sends thousands of them only hides which one is new. */
const MOST = 64
/** What a token begins with as text: its version and most of the id of its secret. */
const HEAD = 6

/**
 * Remembers secrets that this process does not have. In the first ten minutes another instance may have such a secret already: then the
 * visitor's session lives, and this process must not replace it. After that the secret counts as dropped.
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
