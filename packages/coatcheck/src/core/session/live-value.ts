import type { Updater, ValueChange } from '../model/changes.ts'
import { type Entry, encoded, taken } from '../model/codec.ts'
import type { Shape } from '../model/shape.ts'
import { type Copies, copiesOf, isUnchanged } from './unchanged.ts'

/** One key as this request sees it. */
export interface Live {
  value: unknown
  present: boolean
  /** The stored entry when the key was first met, or the one that the last commit wrote. */
  base: Entry | undefined
  wasRead: boolean
  done: 'nothing' | 'set' | 'delete' | 'update'
  steps: readonly Updater[]
  /** The value as it was set or updated last, encoded: a change inside it shows against this. undefined: against `base`. */
  result: Entry | undefined
  /** The objects of the value as `base` says that they are: nothing is encoded while they stay so. */
  copies: Copies | undefined
  /** The value was decoded from `base`, and not encoded to it. */
  isDecoded: boolean
  until: number | undefined
  /** A commit of it failed and may have been kept all the same: what it is now has to be said, whatever it was. */
  isUncertain: boolean
  readonly shape: Shape | undefined
}

export function liveOf(base: Entry | undefined, shape: Shape | undefined): Live {
  return {
    value: undefined,
    present: false,
    base,
    wasRead: false,
    done: 'nothing',
    steps: [],
    result: undefined,
    copies: undefined,
    isDecoded: false,
    until: base?.until,
    isUncertain: false,
    shape,
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** The value as it is now; what cannot change inside keeps the encoding made when it was set. */
function entryOf(key: string, live: Live): Entry {
  return live.result && !isObject(live.value) ? live.result : encoded(live.shape, live.value, key, live.until)
}

/** Goes on with another value than `base` says, encoded as `result`. */
export function putIn(live: Live, value: unknown, result: Entry | undefined): void {
  live.value = value
  live.result = result
  live.copies = undefined
  live.isDecoded = false
}

/** Goes on with the value that was decoded from `base`. */
export function decoded(live: Live, base: Entry, key: string): void {
  const { shape } = live
  live.value = shape ? shape.read(base, key) : base.take()
  live.present = true
  live.isDecoded = true
  // What a schema made of it is no change.
  if (shape && isObject(live.value)) live.result = shape.of(live.value, key, base.until)
  if (isObject(live.value)) live.copies = copiesOf(live.value, !base.rich)
}

/** Whether the value was changed from the inside since it was read, set or updated. */
export function changedInside(key: string, live: Live): boolean {
  if (!live.present || !isObject(live.value) || (live.copies && isUnchanged(live.copies))) return false
  return !encoded(live.shape, live.value, key, live.until).equals(live.result ?? baseOf(key, live))
}

/** Decoding need not give back what was encoded to the letter: a change shows against the encoding of what comes out. */
function baseOf(key: string, { base, isDecoded, shape }: Live): Entry | undefined {
  return base?.rich && isDecoded ? encoded(shape, taken(shape, base), key, base.until) : base
}

/** The change of this key that a commit has to write; undefined: none. */
export function changeOf(key: string, live: Live): ValueChange | undefined {
  if (live.done === 'delete' || (live.isUncertain && !live.present))
    return live.base || live.isUncertain ? { kind: 'delete' } : undefined
  if (live.done === 'nothing' && !live.isUncertain && !changedInside(key, live)) return undefined
  const entry = entryOf(key, live)
  if (entry.equals(live.base) && !live.isUncertain) return undefined
  if (live.done !== 'update' || !live.result?.equals(entry)) return { kind: 'set', entry, base: live.base, wasRead: live.wasRead }
  return { kind: 'update', entry, base: live.base, steps: live.steps }
}

/** Goes on from what the commit under way writes; the copy returned is how it was. */
export function advance(live: Live, change: ValueChange): Live {
  const before = { ...live }
  live.done = 'nothing'
  live.steps = []
  live.result = undefined
  live.isDecoded = false
  live.isUncertain = false
  live.base = change.kind === 'delete' ? undefined : change.entry
  live.copies = live.base && isObject(live.value) ? copiesOf(live.value, !live.base.rich) : undefined
  return before
}

/** Takes `advance` back after a failed commit, under whatever was done since. */
export function takeBack(live: Live, before: Live): void {
  if (live.done === 'nothing') Object.assign(live, { done: before.done, steps: before.steps, result: before.result })
  else if (live.done === 'update') {
    if (before.done === 'update') live.steps = [...before.steps, ...live.steps]
    else live.done = 'set'
  }
  live.base = before.base
  live.copies = undefined
  live.isDecoded = before.isDecoded
  live.isUncertain = true
}
