// The tools of every case of the store suite: a trial of one store, and a few assertions.

import { type Capability, can, type Found, type SessionRecord, type Store } from '../../stores/store.ts'
import type { Scheduler } from '../scheduler.ts'
import type { GuaranteeName } from './guarantees.ts'

/** A store of this kind, and what can be done to it. */
export interface Trial<S extends Store = Store> {
  readonly store: S
  /** Another handle on the same data, or the same one when there is no other. */
  readonly second: S
  /** Milliseconds since the epoch; starts at the real time and never goes back. */
  now(): number
  /** The same by the clock of the second handle. */
  secondNow(): number
  advance(milliseconds: number): void
  /** Whether the store ever asked for a turn: then what happens inside its calls can be directed. */
  stepping(): boolean
  /** Directs the steps inside the store; with nothing, they pass freely. */
  steer(scheduler?: Scheduler): void
  /** Waits until everything written so far can be read everywhere. */
  settle(): Promise<void>
  /** How many records there are where there are many. */
  readonly records: number
  /** How many bytes the longest `data` has. */
  readonly biggest: number
  /** How many characters a key or an owner may have. */
  readonly longestName: number
  /** How many milliseconds a notice may take. */
  readonly longestWait: number
}

export interface Case {
  readonly name: string
  readonly guarantee: GuaranteeName
  /** Stores that do not offer it are not asked. */
  readonly needs?: Capability
  /** Milliseconds by which the clock of the second handle is ahead. Default 0. */
  readonly skew?: number
  readonly test: (trial: Trial) => Promise<void>
}

export type Offering<C extends Capability> = Store & Required<Pick<Store, C>>

/** A case for stores that offer this; the others pass it without being asked. */
export function needing<C extends Capability>(
  needs: C,
  guarantee: GuaranteeName,
  name: string,
  test: (trial: Trial<Offering<C>>) => Promise<void>,
): Case {
  return {
    name,
    guarantee,
    needs,
    test: async (trial) => {
      const { store, second } = trial
      if (can(store, needs) && can(second, needs)) await test({ ...trial, store, second })
    },
  }
}

export const MINUTE = 60_000
export const HOUR = 3_600_000
export const DAY = 86_400_000

/** A key nobody has used, such as the engine makes: 64 hexadecimal digits. */
export const newKey = (): string => (crypto.randomUUID() + crypto.randomUUID()).replaceAll('-', '')

export function newRecord(trial: Trial, changes: Partial<SessionRecord> = {}): SessionRecord {
  const now = trial.now()
  return { data: 'data', createdAt: now, endsAt: now + 30 * DAY, expiresAt: now + 7 * DAY, ...changes }
}

/** Creates a record under a fresh key. */
export async function newSession(trial: Trial, changes: Partial<SessionRecord> = {}): Promise<Found & { readonly key: string }> {
  const key = newKey()
  const record = newRecord(trial, changes)
  const version = await trial.store.create(key, record)
  sure(version !== undefined, `create said that a fresh key is taken: ${key}.`)
  return { key, record, version }
}

/** The results of `act` for 0 to `count - 1`, so many of them at a time. */
export async function inTurns<T>(count: number, act: (nth: number) => Promise<T>, atOnce = 50): Promise<T[]> {
  const results: T[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const nth = next++
      results[nth] = await act(nth)
    }
  }
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, worker))
  return results
}

/** Throws `what` unless `fact`. */
export function sure(fact: boolean, what: string): asserts fact {
  if (!fact) throw new Error(what)
}

export function same(actual: unknown, expected: unknown, what: string): void {
  sure(Object.is(actual, expected), `${what}: ${show(actual)} instead of ${show(expected)}.`)
}

/** The same strings in any order, each once. */
export function sameKeys(actual: readonly string[], expected: readonly string[], what: string): void {
  same(actual.toSorted().join(' '), expected.toSorted().join(' '), what)
}

/** Asserts that the found record is this one and no other; with `version`, in this version. */
export function sameRecord(found: Found | undefined, expected: SessionRecord, what: string, version?: string): asserts found {
  sure(found !== undefined, `${what}: nothing is there.`)
  const { record } = found
  for (const name of ['owner', 'createdAt', 'endsAt', 'expiresAt'] as const)
    same(record[name], expected[name], `${what}: ${name} is`)
  const at = [...expected.data].findIndex((_, index) => record.data[index] !== expected.data[index])
  sure(
    record.data === expected.data,
    `${what}: data differs${at < 0 ? '' : ` from character ${at} on`}: ${show(record.data)} instead of ${show(expected.data)}.`,
  )
  sameKeys(Object.keys(record), Object.keys(expected), `${what}: the record has the fields`)
  if (version !== undefined) same(found.version, version, `${what}: the version is`)
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 60)}… (${text.length} characters)` : text
}
