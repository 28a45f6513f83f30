import type { Entry } from './codec.ts'
import { entriesOf, entryAt, entryText } from './entry-text.ts'
import type { Members } from './json-text.ts'

/** So many values are taken apart at once; of more, only those that are asked for. */
const MANY = 32
/** After so many that were asked for, or changed, all are taken apart. */
const SOME = 16

/** The values of one session, to be changed before anybody else sees them. */
export interface EditableValues extends ReadonlyMap<string, Entry> {
  set(key: string, entry: Entry): unknown
  delete(key: string): unknown
}

/** The object of entries that begins at `from`; throws for what is no entry. */
export function valuesIn(text: string, found: Members, from: number): ReadonlyMap<string, Entry> {
  const { at } = found
  if (at.length <= 4 * MANY) return entriesOf(text, found)
  for (let i = 3; i < at.length; i += 4) if (at[i] !== 1) return entriesOf(text, found)
  return new TextValues(text, found, from)
}

/**
 * Many values as the text that they stand in. A request that reads one and writes one of a thousand neither parses nor encodes the others:
 * 0.1 ms instead of 0.6.
 */
export class TextValues implements EditableValues {
  readonly #text: string
  readonly #members: Members
  readonly #from: number
  /** What was changed since; undefined: deleted. */
  readonly #changed: Map<string, Entry | undefined>
  #asked = 0
  #all: ReadonlyMap<string, Entry> | undefined

  constructor(text: string, found: Members, from: number, changed: Iterable<readonly [string, Entry | undefined]> = []) {
    this.#text = text
    this.#members = found
    this.#from = from
    this.#changed = new Map(changed)
  }

  get(key: string): Entry | undefined {
    if (this.#changed.has(key)) return this.#changed.get(key)
    if (this.#all || ++this.#asked > SOME) return this.#whole.get(key)
    const number = this.#find(key)
    return number < 0 ? undefined : entryAt(this.#text, this.#members, number)
  }

  set(key: string, entry: Entry): void {
    this.#changed.set(key, entry)
    this.#all = undefined
  }

  delete(key: string): void {
    this.#changed.set(key, undefined)
    this.#all = undefined
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  get size(): number {
    return this.#whole.size
  }

  forEach(visit: (entry: Entry, key: string, all: ReadonlyMap<string, Entry>) => void): void {
    this.#whole.forEach(visit)
  }

  entries(): MapIterator<[string, Entry]> {
    return this.#whole.entries()
  }

  keys(): MapIterator<string> {
    return this.#whole.keys()
  }

  values(): MapIterator<Entry> {
    return this.#whole.values()
  }

  [Symbol.iterator](): MapIterator<[string, Entry]> {
    return this.entries()
  }

  /** undefined: it is no longer worth it, or some of it may have expired. */
  copy(): TextValues | undefined {
    for (const entry of this.#changed.values()) if (entry?.until !== undefined) return undefined
    return this.#changed.size < SOME ? new TextValues(this.#text, this.#members, this.#from, this.#changed) : undefined
  }

  /** What is not changed is copied in runs. */
  text(): string {
    const { at } = this.#members
    const places = Array.from(this.#changed, ([key, entry]) => ({ key, entry, number: this.#find(key) }))
    places.sort((a, b) => a.number - b.number)
    const parts: string[] = []
    let done = 0
    const copyUntil = (number: number) => {
      const [first, last] = [done === 0 ? this.#from + 1 : at[4 * done], at[4 * number - 2]]
      if (number > done) parts.push(this.#text.slice(first, last))
    }
    const added: string[] = []
    for (const { key, entry, number } of places) {
      const text = entry && `${JSON.stringify(key)}:${entryText(entry)}`
      if (number >= 0) {
        copyUntil(number)
        done = number + 1
      }
      if (text) (number >= 0 ? parts : added).push(text)
    }
    copyUntil(at.length / 4)
    return [...parts, ...added].join()
  }

  get #whole(): ReadonlyMap<string, Entry> {
    if (this.#all) return this.#all
    const all = entriesOf(this.#text, this.#members)
    for (const [key, entry] of this.#changed) {
      if (entry) all.set(key, entry)
      else all.delete(key)
    }
    this.#all = all
    return all
  }

  /** The number of the member of this name, or -1. The same text may stand inside a value, and so often that all members are faster looked at. */
  #find(key: string): number {
    const name = `${JSON.stringify(key)}:`
    const { at } = this.#members
    let place = this.#from
    for (let tries = 0; tries < SOME; tries++) {
      place = this.#text.indexOf(name, place + 1)
      if (place < 0) return -1
      let [low, high] = [0, at.length / 4 - 1]
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if ((at[4 * middle] ?? 0) <= place) low = middle
        else high = middle - 1
      }
      if (at[4 * low] === place) return low
    }
    for (let i = 0; i < at.length; i += 4) if (this.#text.startsWith(name, at[i])) return i / 4
    return -1
  }
}
