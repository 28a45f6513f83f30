/** So many answers are kept, those asked for last. */
const MOST = 10_000

interface Kept {
  /** When the look-up was sent, in milliseconds since the epoch: what it says is at least as new. */
  readonly sentAt: number
  readonly answer: Promise<unknown>
}

/**
 * What one process looked up. Answers count for `every` milliseconds from when they were asked for; with 0 nothing is kept, and each request
 * asks anew. Whoever must not miss an end that was acknowledged just now never joins a look-up that is under way already: it may have passed by
 * the store before.
 */
export class LookUps {
  readonly #now: () => number
  readonly #every: number
  readonly #kept = new Map<string, Kept>()

  constructor(now: () => number, every: number) {
    this.#now = now
    this.#every = every
  }

  /** `isFresh`: kept answers do not count. */
  get<T>(key: string, isFresh: boolean, ask: () => Promise<T>): Promise<T> {
    if (this.#every === 0) return ask()
    const sentAt = this.#now()
    const kept = this.#kept.get(key)
    const age = sentAt - (kept?.sentAt ?? Number.NEGATIVE_INFINITY)
    if (kept && !isFresh && age >= 0 && age < this.#every) return kept.answer as Promise<T>
    const asked: Kept = { sentAt, answer: ask() }
    this.#keep(key, asked)
    // A failure is no answer: whoever comes next asks again.
    asked.answer.catch(() => this.#kept.get(key) === asked && this.#kept.delete(key))
    return asked.answer as Promise<T>
  }

  /** This process changed what there is: look-ups that are still under way do not count any more. */
  forget(key: string): void {
    this.#kept.delete(key)
  }

  #keep(key: string, asked: Kept): void {
    this.#kept.delete(key)
    this.#kept.set(key, asked)
    if (this.#kept.size > MOST) for (const oldest of this.#kept.keys()) return void this.#kept.delete(oldest)
  }
}
