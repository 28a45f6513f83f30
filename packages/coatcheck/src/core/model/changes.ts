import { type Entry, encoded } from './codec.ts'
import type { Contents, Fields, Flash } from './contents.ts'
import type { Shape } from './shape.ts'
import { type EditableValues, TextValues } from './text-values.ts'

/** A change of one value from what it was; synchronous and pure, run once at the call and once for each replay. */
export type Updater = (value: unknown) => unknown

/** The change of one key by one commit. `base`: the entry that this request had before. */
export type ValueChange =
  | { readonly kind: 'set'; readonly entry: Entry; readonly base: Entry | undefined; readonly wasRead: boolean }
  | { readonly kind: 'delete' }
  | { readonly kind: 'update'; readonly entry: Entry; readonly base: Entry | undefined; readonly steps: readonly Updater[] }

/** The changes of one commit. */
export interface Changes {
  readonly values: ReadonlyMap<string, ValueChange>
  readonly flash: ReadonlyMap<string, Flash>
  /** Ids of the flash values that were read. */
  readonly flashRead: ReadonlySet<string>
  /** The session's own idle time from now on, in milliseconds. */
  readonly lasts?: number
  /** Fields beside the values. */
  readonly more?: Fields
  /** A change of several values by what is stored then, which comes last and is run again for each try. One commit has one at most. */
  readonly edit?: Edit
  /** What these changes were made in, where that is not what is stored. */
  readonly shape?: Shape
}

/** Changes `values`, which are those of `contents`. May throw: then the commit fails, and nothing is written. */
export type Edit = (values: EditableValues, contents: Contents) => void

export function isEmpty(changes: Changes): boolean {
  return !holdsValues(changes) && changes.lasts === undefined && !changes.edit
}

/** Whether values or flash values change, or what stands beside them. */
export const holdsValues = ({ values, flash, flashRead, more }: Changes): boolean =>
  values.size > 0 || flash.size > 0 || flashRead.size > 0 || more !== undefined

/**
 * Changes still to write if an earlier attempt, `done`, was saved. To write them twice would undo what others did in between: a flash value
 * would show again, an update would count twice.
 */
export function without(changes: Changes, done: Changes): Changes {
  const values = new Map(changes.values)
  for (const [key, change] of changes.values) {
    const before = done.values.get(key)
    if (change.kind === 'update' && before?.kind === 'update') {
      const steps = change.steps.slice(before.steps.length)
      if (steps.length === 0) values.delete(key)
      else values.set(key, { ...change, steps })
    } else if (
      change.kind === 'set' ? before?.kind === 'set' && same(change.entry, before.entry) : before?.kind === change.kind
    ) {
      values.delete(key)
    }
  }
  const flash = new Map([...changes.flash].filter(([key, { id }]) => done.flash.get(key)?.id !== id))
  const flashRead = new Set([...changes.flashRead].filter((id) => !done.flashRead.has(id)))
  const { lasts, more, edit, ...rest } = changes
  const others = {
    ...(lasts !== undefined && lasts !== done.lasts && { lasts }),
    ...(more && more !== done.more && { more }),
    ...(edit && !done.edit && { edit }),
  }
  return { ...rest, values, flash, flashRead, ...others }
}

/** Mostly they are one and the same entry. */
const same = (a: Entry | undefined, b: Entry | undefined) => a === b || a?.equals(b) === true

/**
 * The contents with `changes` applied, key by key: on one key the last writer wins, and an update is run again when somebody
 * else changed the value. `overwritten` is told of each key that was read, then set, and had changed in between.
 */
export function apply(contents: Contents, changes: Changes, now: number, overwritten: (key: string) => void): Contents {
  const { shape, values, edit } = changes
  if (!shape) return applied(contents, changes, now, overwritten)
  const holdsSome = values.size > 0 || edit !== undefined
  return shape.through(contents, holdsSome, (seen) => applied(seen, changes, now, overwritten))
}

function applied(contents: Contents, changes: Changes, now: number, overwritten: (key: string) => void): Contents {
  const values = editable(contents.values, now)
  for (const [key, change] of changes.values) {
    const stored = values.get(key)
    if (change.kind === 'delete') values.delete(key)
    else if (change.kind === 'update')
      values.set(key, same(stored, change.base) ? change.entry : replay(key, stored, change.steps, changes.shape))
    else {
      if (change.wasRead && !same(stored, change.base)) overwritten(key)
      values.set(key, change.entry)
    }
  }
  const flash = flashAfter(contents.flash, changes)
  changes.edit?.(values, contents)
  const { lasts, more } = changes
  if (lasts === undefined && !more) return { ...contents, values, flash }
  return {
    ...contents,
    values,
    flash,
    ...(lasts !== undefined && { lasts }),
    ...(more && { more: { ...contents.more, ...more } }),
  }
}

/** A copy to be changed, without what has expired at `now`. */
function editable(values: ReadonlyMap<string, Entry>, now: number): EditableValues {
  const copy = values instanceof TextValues ? values.copy() : undefined
  if (copy) return copy
  const all = new Map(values)
  for (const [key, entry] of values) if (entry.until !== undefined && !entry.live(now)) all.delete(key)
  return all
}

function flashAfter(before: Contents['flash'], changes: Changes): Contents['flash'] {
  if (before.size === 0 && changes.flash.size === 0) return before
  const flash = new Map(before)
  for (const [key, { id }] of before) if (changes.flashRead.has(id)) flash.delete(key)
  for (const [key, value] of changes.flash) flash.set(key, value)
  return flash
}

function replay(key: string, stored: Entry | undefined, steps: readonly Updater[], shape: Shape | undefined): Entry {
  const isSeen = stored && (!shape || shape.fits(stored, key))
  let value = isSeen ? (shape ? shape.read(stored, key) : stored.take()) : undefined
  for (const step of steps) value = shape ? shape.admit(key, step(value)) : step(value)
  return encoded(shape, value, key, stored?.until)
}
