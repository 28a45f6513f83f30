/**
 * The values that were set last, by key: the last `most` at least, and twice as many at most. Two maps take turns. In one map that drops its
 * oldest key for each new one V8 copies its table now and then, and each old table keeps what it held until the next full collection.
 */
export class Recent<V> {
  readonly #most: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  constructor(most: number) {
    this.#most = most
  }

  get(key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  /** Gives the value back. */
  set(key: string, value: V): V {
    this.#young.set(key, value)
    if (this.#young.size > this.#most) {
      this.#old = this.#young
      this.#young = new Map()
    }
    return value
  }
}
