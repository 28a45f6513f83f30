/**
 * The values that were set last, by key: the last `most` at least, twice as many at most, or fewer where they weigh more than `mostWeight`
 * for each half. Two maps take turns. In one map that drops its oldest key for each new one V8 copies its table now and then, and each old
 * table keeps what it held until the next full collection.
 */
export class Recent<V> {
  readonly #most: number
  readonly #mostWeight: number
  readonly #weigh: (value: V) => number
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  /** Of the young ones. */
  #weight = 0

  constructor(most: number, mostWeight: number = Number.POSITIVE_INFINITY, weigh: (value: V) => number = () => 0) {
    this.#most = most
    this.#mostWeight = mostWeight
    this.#weigh = weigh
  }

  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  /** Gives the value back. */
  set(key: string, value: V): V {
    this.#takeOff(key)
    this.#young.set(key, value)
    this.#weight += this.#weigh(value)
    if (this.#young.size > this.#most || this.#weight > this.#mostWeight) {
      this.#old = this.#young
      this.#young = new Map()
      this.#weight = 0
    }
    return value
  }

  delete(key: string): void {
    this.#takeOff(key)
    this.#young.delete(key)
    this.#old.delete(key)
  }

  #takeOff(key: string): void {
    const before = this.#young.get(key)
    if (before !== undefined) this.#weight -= this.#weigh(before)
  }
}
