/** Knows its own place in the heap, so that it can be moved and taken out wherever it stands. */
export interface Placed {
  at: number
}

const CHILDREN = 4

/** A time that is not a number is never due, and does not spoil the order of the others. */
function numberOf(time: number): number {
  const number = Number(time)
  return Number.isNaN(number) ? Number.POSITIVE_INFINITY : number
}

/** Items by the time each is due, the soonest first: all that changes it takes steps in the logarithm of how many there are. */
export class Heap<T extends Placed> {
  readonly #items: T[] = []
  /** Of the item at the same place; beside it, as comparing through the items would fetch each of them from memory. */
  readonly #times: number[] = []

  /** The item that is due first, if it is by `time`, and is not `spared`. */
  due(time: number, spared?: T): T | undefined {
    const at = spared !== undefined && this.#items[0] === spared ? this.#soonestChild(0) : 0
    return (this.#times[at] ?? Number.POSITIVE_INFINITY) <= time ? this.#items[at] : undefined
  }

  add(item: T, time: number): void {
    this.#rise(this.#items.length, item, numberOf(time))
  }

  move(item: T, to: number): void {
    const time = numberOf(to)
    if (time < (this.#times[item.at] as number)) this.#rise(item.at, item, time)
    else this.#sink(item.at, item, time)
  }

  remove(item: T): void {
    const last = this.#items.pop()
    const time = this.#times.pop() as number
    if (last === undefined || last === item) return
    last.at = item.at
    this.move(last, time)
  }

  #put(at: number, item: T, time: number): void {
    this.#items[at] = item
    this.#times[at] = time
    item.at = at
  }

  #rise(from: number, item: T, time: number): void {
    let at = from
    while (at > 0) {
      const parent = Math.floor((at - 1) / CHILDREN)
      const above = this.#times[parent] as number
      if (above <= time) break
      this.#put(at, this.#items[parent] as T, above)
      at = parent
    }
    this.#put(at, item, time)
  }

  #sink(from: number, item: T, time: number): void {
    let at = from
    for (;;) {
      const child = this.#soonestChild(at)
      const below = this.#times[child] ?? Number.POSITIVE_INFINITY
      if (below >= time) break
      this.#put(at, this.#items[child] as T, below)
      at = child
    }
    this.#put(at, item, time)
  }

  #soonestChild(at: number): number {
    const times = this.#times
    let child = at * CHILDREN + 1
    const end = Math.min(child + CHILDREN, times.length)
    for (let next = child + 1; next < end; next++) if ((times[next] as number) < (times[child] as number)) child = next
    return child
  }
}
