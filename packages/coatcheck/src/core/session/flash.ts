import { randomText } from '../../crypto/random.ts'
import { Entry } from '../model/codec.ts'
import type { Flash } from '../model/contents.ts'

type Stored = ReadonlyMap<string, Flash> | undefined

/** The flash values of one session in one request: what was left in it, and what it read. */
export class FlashValues {
  #left = new Map<string, Flash>()
  #read = new Set<string>()
  /** What the commit under way writes: here it holds already. */
  #underWay = { left: new Map<string, Flash>(), read: new Set<string>() }

  leave(key: string, value: unknown, stored: Stored): void {
    const entry = Entry.of(value, key)
    this.#forget(key, stored) // they would show again once the new one was read
    this.#left.set(key, { id: randomText(6), entry })
  }

  has(key: string, stored: Stored): boolean {
    return this.#find(key, stored) !== undefined
  }

  peek(key: string, stored: Stored): unknown {
    const entry = this.#find(key, stored)?.entry
    try {
      return entry && Entry.parsed(entry.rich, JSON.parse(entry.text)).take()
    } catch {
      return undefined
    }
  }

  /** Reads a value, which removes it. */
  take(key: string, stored: Stored, unreadable: () => void): unknown {
    const found = this.#find(key, stored)
    this.#forget(key, stored)
    try {
      return found?.entry.take()
    } catch {
      unreadable()
      return undefined
    }
  }

  /** What can be read. */
  keys(stored: Stored): string[] {
    const all = new Set([...(stored?.keys() ?? []), ...this.#underWay.left.keys(), ...this.#left.keys()])
    return [...all].filter((key) => this.has(key, stored))
  }

  get changed(): boolean {
    return this.#left.size + this.#read.size > 0
  }

  /** What there is to commit, and how to put it back. */
  takeAll(): { flash: ReadonlyMap<string, Flash>; flashRead: ReadonlySet<string>; undo: () => void } {
    const [flash, flashRead] = [this.#left, this.#read]
    this.clear()
    this.#underWay = { left: flash, read: flashRead }
    const undo = () => {
      this.settle()
      const left = [...flash].filter(([, { id }]) => !this.#read.has(id))
      this.#left = new Map([...left, ...this.#left])
      this.#read = new Set([...flashRead, ...this.#read])
    }
    return { flash, flashRead, undo }
  }

  /** The commit under way is done. */
  settle(): void {
    this.#underWay = { left: new Map(), read: new Set() }
  }

  clear(): void {
    this.#left = new Map()
    this.#read = new Set()
    this.settle()
  }

  #find(key: string, stored: Stored): Flash | undefined {
    const { left, read } = this.#underWay
    const all = [this.#left.get(key), left.get(key), stored?.get(key)]
    // What a newer release left in a way of its own is for that one to show.
    return all.find((flash) => flash && !flash.entry.isOpaque && !this.#read.has(flash.id) && !read.has(flash.id))
  }

  #forget(key: string, stored: Stored): void {
    this.#left.delete(key)
    for (const flash of [this.#underWay.left.get(key), stored?.get(key)]) if (flash) this.#read.add(flash.id)
  }
}
