import { SessionError } from '../../errors.ts'
import { type Coding, Entry } from '../model/codec.ts'
import type { Contents } from '../model/contents.ts'
import type { Migrate, Migration, SchemaSettings } from '../options/schema.ts'
import { OWN } from '../session/values.ts'
import { isPlain } from './carry.ts'

export type Values = Contents['values']

/** The entry that says of which version a session's values are; without it: of version 1. Other code keeps it, and shows it to nobody. */
const MARK = '\u001fversion'

export const isOwn = (key: string): boolean => key === MARK || key.startsWith(OWN)

/** Values at the version in which they are stored, and at that of this release. */
export interface Lifted {
  /** Of which version the record is after a write. */
  readonly target: number
  readonly stored: Values
  readonly seen: Values
  /** A step failed: there are no values. */
  readonly failed: boolean
}

/** The versions that a site's values went through, and the ways between them. */
export class Versions {
  readonly newest: number
  /** The version that records are written in: the oldest that a way leads back to. */
  readonly written: number
  readonly #migrations: Readonly<Record<number, Migration>>
  readonly #coding: Coding
  readonly #now: () => number

  constructor({ version, migrations = {} }: SchemaSettings, coding: Coding, now: () => number) {
    this.newest = version
    this.#migrations = migrations
    this.#coding = coding
    this.#now = now
    let written = version
    while (written > 1 && this.#back(written)) written--
    this.written = written
  }

  of(values: Values): number {
    const mark = values.get(MARK)
    if (mark?.isOpaque) {
      const { version } = JSON.parse(mark.text) as { readonly version?: unknown }
      if (Number.isSafeInteger(version) && (version as number) >= 1) return version as number
    }
    for (const key of values.keys()) if (!isOwn(key)) return 1
    return this.written // a session that is only beginning
  }

  lift(values: Values, from: number): Lifted {
    const target = Math.max(from, this.written)
    const stored = this.#up(values, from, target)
    const seen = stored && this.#up(stored, target, this.newest)
    return seen ? { target, stored, seen, failed: false } : { ...this.none(values), target: this.written }
  }

  /** Without any of the application's values. */
  none(values: Values): Lifted {
    const own = new Map([...values].filter(([key, entry]) => isOwn(key) || entry.isOpaque))
    return { target: Math.max(this.of(values), this.written), stored: own, seen: own, failed: true }
  }

  /** What is to be stored after a write that made `next` of `seen`: the difference, as the older version has it. */
  lower({ target, stored, seen }: Lifted, next: Values): Values {
    if (target === this.newest) return this.#marked(next, target)
    const [before, after] = [this.#down(seen, target), this.#down(next, target)]
    const values = new Map(stored)
    for (const key of before.keys()) if (!after.has(key)) values.delete(key)
    for (const [key, entry] of after) if (!entry.equals(before.get(key))) values.set(key, entry)
    this.#mustShow(values, target, seen, next)
    return this.#marked(values, target)
  }

  /** A way back must not lose what was just set. */
  #mustShow(values: Values, target: number, before: Values, next: Values): void {
    const shown = this.#up(values, target, this.newest)
    for (const key of new Set([...before.keys(), ...next.keys()])) {
      const [was, is, comes] = [before.get(key), next.get(key), shown?.get(key)]
      const isChanged = is ? !is.equals(was) : was !== undefined
      if (!isChanged || isOwn(key) || (is ? is.equals(comes) : shown && !comes)) continue
      throw new SessionError(
        'BAD_VALUE',
        `What was set for ${JSON.stringify(key)} is lost by \`down\` of the migrations to version ${target + 1} and later.`,
        {
          fix: 'Let `down` keep it under a name of its own, which the older release leaves alone; or leave `down` out once that release is gone.',
        },
      )
    }
  }

  #marked(values: Values, version: number): Values {
    const said = values.get(MARK)?.isOpaque ? this.of(values) : 1
    return said === version ? values : new Map(values).set(MARK, Entry.opaque({ version }))
  }

  #back(step: number): Migrate | undefined {
    const migration = this.#migrations[step]
    return typeof migration === 'object' ? migration.down : undefined
  }

  /** undefined: a step is missing, or failed. */
  #up(values: Values, from: number, to: number): Values | undefined {
    const steps: Migrate[] = []
    for (let step = from + 1; step <= to; step++) {
      const migration = this.#migrations[step]
      if (!migration) return undefined
      steps.push(typeof migration === 'function' ? migration : migration.up)
    }
    return this.#through(values, steps)
  }

  #down(values: Values, to: number): Values {
    const steps: Migrate[] = []
    for (let step = this.newest; step > to; step--) {
      const back = this.#back(step)
      if (back) steps.push(back)
    }
    const lower = this.#through(values, steps)
    if (lower) return lower
    throw new SessionError('BAD_VALUE', `A \`down\` of the migrations after version ${to} failed, or gave no object of values.`, {
      fix: 'Let it give, for all values of its version, those of the version before.',
    })
  }

  #through(values: Values, steps: readonly Migrate[]): Values | undefined {
    if (steps.length === 0) return values
    const kept = new Map<string, Entry>()
    let object: unknown = {}
    for (const [key, entry] of values) {
      if (!entry.live(this.#now())) continue
      try {
        if (isOwn(key) || entry.isOpaque) kept.set(key, entry)
        else Object.defineProperty(object, key, { value: this.#coding.take(entry), ...ORDINARY })
      } catch {
        kept.set(key, entry) // what cannot be decoded stays as it is
      }
    }
    try {
      for (const step of steps) {
        object = step(object as Record<string, unknown>)
        if (!isPlain(object) || 'then' in object) return undefined
      }
      for (const [key, value] of Object.entries(object as object)) {
        if (value === undefined) continue
        const before = values.get(key)
        const entry = this.#coding.of(value, key, before?.until)
        kept.set(key, before && entry.equals(before) ? before : entry)
      }
      return kept
    } catch {
      return undefined // what it threw may hold a value
    }
  }
}

const ORDINARY = { enumerable: true, writable: true, configurable: true }
