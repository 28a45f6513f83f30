/** Stands in one row at a time, between those before and after it. */
export interface Linked<T> {
  before: T | undefined
  after: T | undefined
}

/** Items in the order of their last use, the least recently used first. A Set that keys leave and enter again copies itself now and then. */
export class Row<T extends Linked<T>> {
  first: T | undefined
  #last: T | undefined
  size = 0

  add(item: T): void {
    item.before = this.#last
    if (this.#last) this.#last.after = item
    else this.first = item
    this.#last = item
    this.size++
  }

  remove(item: T): void {
    if (item.before) item.before.after = item.after
    else this.first = item.after
    if (item.after) item.after.before = item.before
    else this.#last = item.before
    item.before = undefined
    item.after = undefined
    this.size--
  }

  use(item: T): void {
    if (this.#last === item) return
    this.remove(item)
    this.add(item)
  }

  /** The least recently used that is not `spared`. */
  oldest(spared: T | undefined): T | undefined {
    return this.first === spared ? this.first?.after : this.first
  }

  *[Symbol.iterator](): Generator<T> {
    for (let item = this.first; item; item = item.after) yield item
  }
}

/** A power of two. A million entries are four thousand in each part. */
const PARTS = 256

/**
 * A Map in many parts: one that grows copies all that it holds, which takes half a second for a million entries while everybody waits. The
 * last three characters of a key say in which part it is: keys are digests, or names of owners that often begin alike.
 */
export class SplitMap<V> {
  readonly #parts: Map<string, V>[] = []

  get(key: string): V | undefined {
    return this.#parts[partOf(key)]?.get(key)
  }

  set(key: string, value: V): void {
    const at = partOf(key)
    // Made in order, so that the list of them stays a plain one.
    while (this.#parts.length <= at) this.#parts.push(new Map())
    this.#parts[at]?.set(key, value)
  }

  delete(key: string): void {
    this.#parts[partOf(key)]?.delete(key)
  }
}

function partOf(key: string): number {
  const end = key.length
  // Past its beginning there is no character: NaN counts as 0.
  return (key.charCodeAt(end - 1) + 31 * (key.charCodeAt(end - 2) + 31 * key.charCodeAt(end - 3))) & (PARTS - 1)
}
