import type { Contents } from '../model/contents.ts'
import { bodyOf, ownerIn, type Plain, plainOf, reserved } from './plain.ts'

/** The name under which a flash value stands in the row. */
const FLASH = /^__flash_(.*)__$/s
/** Milliseconds in which a row that was read counts as unchanged, if this process has not written to it. */
const FRESH = 1000
const MOST = 10_000

/** What a process knows of rows that it reads and writes, so that a commit need not read what its request has just read. */
export class Rows {
  readonly #now: () => number
  /** How often this process has written to a row, the newest last. */
  readonly #writes = new Map<string, number>()
  #count = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** To be kept with what is read, or was written, now. */
  seen(id: string): Seen {
    return { at: this.#now(), writes: this.#writes.get(id) ?? 0 }
  }

  /** The row was written, or removed. */
  wrote(id: string): void {
    this.#writes.delete(id)
    this.#writes.set(id, ++this.#count)
    if (this.#writes.size > MOST) for (const oldest of this.#writes.keys()) return void this.#writes.delete(oldest)
  }

  /** Whether the row is still what was seen, as far as one process can tell. */
  isAs(id: string, { at, writes }: Seen): boolean {
    const age = this.#now() - at
    return age >= 0 && age <= FRESH && (this.#writes.get(id) ?? 0) === writes
  }
}

export interface Seen {
  readonly at: number
  readonly writes: number
}

/** A row as contents; what no session could store is left in the row as it is. */
export function rowBody(row: Record<string, unknown>): ReturnType<typeof bodyOf> {
  const values: Record<string, unknown> = {}
  const flash: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(row)) {
    const name = FLASH.exec(key)?.[1]
    define(name === undefined ? values : flash, name ?? key, value)
  }
  return bodyOf(values, flash, {}, ownerIn(row))
}

export function rowOf(contents: Contents): Record<string, unknown> {
  for (const key of contents.values.keys()) if (FLASH.test(key)) throw reserved(key)
  return rowWith(plainOf(contents, contents.owner))
}

export function rowWith({ values, flash }: Plain): Record<string, unknown> {
  return { ...values, ...Object.fromEntries(Object.entries(flash).map(([key, value]) => [`__flash_${key}__`, value])) }
}

/** Also `__proto__`, as a property like any other. */
const define = (object: object, key: string, value: unknown) =>
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
