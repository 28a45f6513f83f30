import { randomText } from '../../crypto/random.ts'
import { type Coding, Entry, encoded, taken } from '../model/codec.ts'
import type { Flash } from '../model/contents.ts'

type Stored = ReadonlyMap<string, Flash> | undefined

const NONE_LEFT: ReadonlyMap<string, Flash> = new Map()
const NONE_READ: ReadonlySet<string> = new Set()
const NOTHING = { left: NONE_LEFT, read: NONE_READ }

/** The changes of a session without flash values. */
export const NO_FLASH: ReturnType<FlashValues['takeAll']> = { flash: NONE_LEFT, flashRead: NONE_READ, undo: (): void => {} }

/** The flash values of one session in one request: what was left in it, and what it read. */
export class FlashValues {
  // Most requests have none: what is empty is shared, and never written to.
  #left = NONE_LEFT
  #read = NONE_READ
  /** The changes that the commit under way writes: this request sees them already. */
  #underWay = NOTHING
  readonly #coding: Coding | undefined

  constructor(coding?: Coding) {
    this.#coding = coding
  }

  leave(key: string, value: unknown, stored: Stored): void {
    const entry = encoded(this.#coding, value, key)
    this.#forget(key, stored) // they would show again once the new one was read
    this.#left = new Map(this.#left).set(key, { id: randomText(6), entry })
  }

  has(key: string, stored: Stored): boolean {
    return this.#find(key, stored) !== undefined
  }

  peek(key: string, stored: Stored): unknown {
    const entry = this.#find(key, stored)?.entry
    try {
      return entry && taken(this.#coding, Entry.parsed(entry.rich, JSON.parse(entry.text)))
    } catch {
      return undefined
    }
  }

  /** Reads a value, which removes it. */
  take(key: string, stored: Stored, unreadable: () => void): unknown {
    const found = this.#find(key, stored)
    this.#forget(key, stored)
    try {
      return found && taken(this.#coding, found.entry)
    } catch {
      unreadable()
      return undefined
    }
  }

  /** The keys that can be read. */
  keys(stored: Stored): string[] {
    const all = new Set([...(stored?.keys() ?? []), ...this.#underWay.left.keys(), ...this.#left.keys()])
    return [...all].filter((key) => this.has(key, stored))
  }

  get changed(): boolean {
    return this.#left.size + this.#read.size > 0
  }

  /** Takes the changes for a commit; `undo` puts them back. */
  takeAll(): { flash: ReadonlyMap<string, Flash>; flashRead: ReadonlySet<string>; undo: () => void } {
    const [flash, flashRead] = [this.#left, this.#read]
    this.clear()
    if (flash.size + flashRead.size > 0) this.#underWay = { left: flash, read: flashRead }
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
    this.#underWay = NOTHING
  }

  clear(): void {
    this.#left = NONE_LEFT
    this.#read = NONE_READ
    this.settle()
  }

  #find(key: string, stored: Stored): Flash | undefined {
    const { left, read } = this.#underWay
    const all = [this.#left.get(key), left.get(key), stored?.get(key)]
    // Only the newer release that wrote an opaque value can show it.
    return all.find((flash) => flash && !flash.entry.isOpaque && !this.#read.has(flash.id) && !read.has(flash.id))
  }

  #forget(key: string, stored: Stored): void {
    if (this.#left.has(key)) this.#left = new Map([...this.#left].filter(([left]) => left !== key))
    const shown = [this.#underWay.left.get(key), stored?.get(key)].flatMap((flash) => flash?.id ?? [])
    if (shown.length > 0) this.#read = new Set([...this.#read, ...shown])
  }
}
