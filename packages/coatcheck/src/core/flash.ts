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

  /** The value to be read under a key, and what reading it does. */
  find(key: string, stored: Flash | undefined): { readonly entry: Entry; readonly consume: () => void } | undefined {
    const left = this.#left.get(key)
    if (left) return { entry: left.entry, consume: () => this.#left.delete(key) }
    if (!stored || this.#read.has(stored.id)) return undefined
    return { entry: stored.entry, consume: () => this.#read.add(stored.id) }
  }

  get changed(): boolean {
    return this.#left.size + this.#read.size > 0
  }

  /** What there is to commit, and how to put it back. */
  take(): { flash: ReadonlyMap<string, Flash>; flashRead: ReadonlySet<string>; undo: () => void } {
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
