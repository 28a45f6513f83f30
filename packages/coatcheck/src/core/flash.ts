import { randomText } from '../crypto/random.ts'
import type { Flash } from './body.ts'
import { Entry } from './codec.ts'

/** The flash values of one session in one request: what was left in it, and what it read. */
export class FlashValues {
  #left = new Map<string, Flash>()
  #read = new Set<string>()

  leave(key: string, value: unknown, stored: Flash | undefined): void {
    this.#left.set(key, { id: randomText(6), entry: Entry.of(value, key) })
    if (stored) this.#read.add(stored.id) // it would show again once the new one was read
  }

  has(key: string, stored: Flash | undefined): boolean {
    return this.#left.has(key) || (stored !== undefined && !this.#read.has(stored.id))
  }

  peek(key: string, stored: Flash | undefined): unknown {
    if (!this.has(key, stored)) return undefined
    const { text, rich } = (this.#left.get(key) ?? (stored as Flash)).entry
    return Entry.parsed(rich, JSON.parse(text)).take()
  }

  /** Reads a value, which removes it. */
  take(key: string, stored: Flash | undefined, unreadable: () => void): unknown {
    const found = this.#left.get(key) ?? stored
    if (!this.#left.delete(key) && stored) this.#read.add(stored.id)
    try {
      return found?.entry.take()
    } catch {
      unreadable()
      return undefined
    }
  }

  /** What can be read. */
  keys(stored: ReadonlyMap<string, Flash> = new Map()): string[] {
    const unread = [...stored].filter(([, { id }]) => !this.#read.has(id)).map(([key]) => key)
    return [...new Set([...unread, ...this.#left.keys()])]
  }

  get changed(): boolean {
    return this.#left.size + this.#read.size > 0
  }

  /** What there is to commit, and how to put it back. */
  takeAll(): { flash: ReadonlyMap<string, Flash>; flashRead: ReadonlySet<string>; undo: () => void } {
    const [flash, flashRead] = [this.#left, this.#read]
    this.clear()
    const undo = () => {
      this.#left = new Map([...flash, ...this.#left])
      this.#read = new Set([...flashRead, ...this.#read])
    }
    return { flash, flashRead, undo }
  }

  clear(): void {
    this.#left = new Map()
    this.#read = new Set()
  }
}
