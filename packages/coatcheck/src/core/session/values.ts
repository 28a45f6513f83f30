import { SessionError } from '../../errors.ts'
import type { Updater, ValueChange } from '../model/changes.ts'
import { encoded } from '../model/codec.ts'
import type { Contents } from '../model/contents.ts'
import type { Shape } from '../model/shape.ts'
import { advance, changedInside, changeOf, decoded, type Live, liveOf, putIn, takeBack } from './live-value.ts'

/** What a key begins with under which the library keeps something of its own beside the values: see core/once. */
export const OWN = 'once\u001f'

/** The values of one session in one request: what was stored, what the request made of it, and the difference. */
export class Values {
  #contents: Contents
  #live = new Map<string, Live>()
  readonly #now: () => number
  readonly #unreadable: (key: string) => void
  readonly #shape: Shape | undefined

  constructor(contents: Contents, now: () => number, unreadable: (key: string) => void, shape?: Shape) {
    this.#shape = shape
    this.#contents = this.#seen(contents)
    this.#now = now
    this.#unreadable = unreadable
  }

  /** The key as it is now. */
  read(key: string): Live {
    const live = this.#meet(key)
    live.wasRead = true
    if (live.present && live.until !== undefined && live.until <= this.#now()) {
      // Expired: absent, and no change of its own; the next write drops it.
      Object.assign(live, liveOf(undefined, live.shape), { base: live.base })
    }
    return live
  }

  put(key: string, given: unknown, until: number | undefined): void {
    const value = this.#shape ? this.#shape.admit(key, given) : given
    const result = encoded(this.#shape, value, key, until) // throws before anything is changed
    const live = this.#meet(key)
    putIn(live, value, result)
    Object.assign(live, { present: true, done: 'set', steps: [], until })
  }

  remove(key: string): boolean {
    const live = this.read(key)
    const { present } = live
    putIn(live, undefined, undefined)
    Object.assign(live, { present: false, done: 'delete', steps: [], until: undefined })
    return present
  }

  update(key: string, change: Updater): unknown {
    const live = this.read(key)
    // After a set, a delete or a change from the inside, the value no longer depends on what others store: a set.
    const done = (live.done === 'nothing' || live.done === 'update') && !changedInside(key, live) ? 'update' : 'set'
    const given = change(live.present ? live.value : undefined)
    const value = this.#shape ? this.#shape.admit(key, given) : given
    const result = encoded(this.#shape, value, key, live.until)
    putIn(live, value, result)
    Object.assign(live, { present: true, done, steps: [...live.steps, change] })
    return value
  }

  /** Those that were there keep their places, new ones follow. */
  keys(): string[] {
    const now = this.#now()
    const stored = [...this.#contents.values].filter(([key, entry]) =>
      this.#live.has(key)
        ? this.read(key).present
        : entry.live(now) && !entry.isOpaque && (!this.#shape || this.#shape.fits(entry, key)),
    )
    const added = [...this.#live.keys()].filter((key) => !this.#contents.values.has(key) && this.read(key).present)
    return [...stored.map(([key]) => key), ...added].filter((key) => !key.startsWith(OWN))
  }

  /** Those that can be read. */
  entries(): [string, unknown][] {
    const all = this.keys().map((key) => [key, this.read(key)] as const)
    return all.filter(([, { present }]) => present).map(([key, { value }]) => [key, value])
  }

  get changed(): boolean {
    for (const [key, live] of this.#live) if (changeOf(key, live)) return true
    return false
  }

  /** As they were stored when this request looked last. */
  get stored(): Contents['values'] {
    return this.#contents.values
  }

  isChanged(key: string): boolean {
    const live = this.#live.get(key)
    return live !== undefined && changeOf(key, live) !== undefined
  }

  /** Goes on with these keys as they are in `contents`. */
  learn(keys: readonly string[], contents: Contents): void {
    const { values: newest } = this.#seen(contents)
    const values = new Map(this.#contents.values)
    for (const key of keys) {
      this.#live.delete(key)
      const entry = newest.get(key)
      if (entry) values.set(key, entry)
    }
    this.#contents = { ...this.#contents, values }
  }

  /** Takes the changes for a commit; later changes are found against what that commit writes. */
  take(): { changes: ReadonlyMap<string, ValueChange>; undo: () => void } {
    const changes = new Map<string, ValueChange>()
    for (const [key, live] of this.#live) {
      const change = changeOf(key, live)
      if (!change) continue
      // Changed from the inside since it was set: nobody has looked at it.
      if (this.#shape && change.kind === 'set' && !change.entry.equals(live.result)) this.#shape.admit(key, live.value)
      changes.set(key, change)
    }
    // Only now: one that cannot be encoded throws, and then nothing is taken.
    const before: { readonly live: Live; readonly was: Live }[] = []
    for (const [key, change] of changes) {
      const live = this.#live.get(key)
      if (live) before.push({ live, was: advance(live, change) })
    }
    return {
      changes,
      undo: () => {
        for (const { live, was } of before) takeBack(live, was)
      },
    }
  }

  /** Goes on from what was written. Values that another request's update was merged into are read anew. */
  settle(contents: Contents, changes: ReadonlyMap<string, ValueChange>): void {
    this.#contents = this.#seen(contents)
    for (const [key, change] of changes) {
      const live = this.#live.get(key)
      const written = this.#contents.values.get(key)
      if (change.kind !== 'update' || !live || !written || written.equals(change.entry)) continue
      if (live.done === 'nothing' && !changedInside(key, live)) this.#live.delete(key)
    }
  }

  #seen(contents: Contents): Contents {
    return this.#shape ? this.#shape.see(contents) : contents
  }

  #meet(key: string): Live {
    let live = this.#live.get(key)
    if (live) return live
    checkKey(key)
    const entry = this.#contents.values.get(key)
    live = liveOf(entry, this.#shape)
    if (entry) {
      try {
        decoded(live, entry, key)
      } catch {
        if (!this.#shape?.isMisfit(entry)) this.#unreadable(key)
      }
    }
    this.#live.set(key, live)
    return live
  }
}

/** The key, or `BAD_KEY` for what cannot name a value. */
export function checkKey(key: string): string {
  if (typeof key === 'string' && key !== '' && key.isWellFormed()) return key
  throw new SessionError('BAD_KEY', 'A session value was asked for under a key that is not a non-empty text.')
}

/** `what` it was given to. */
export function checkOwner(owner: string, what: string): void {
  if (typeof owner === 'string' && owner !== '' && owner.isWellFormed()) return
  throw new SessionError('BAD_VALUE', `${what} was given an owner that is not a non-empty text.`, {
    fix: 'Pass the id of the user as a string.',
  })
}

/** Until when a value counts that lives `ttl` seconds. */
export function untilOf(key: string, ttl: number | undefined, now: () => number): number | undefined {
  if (ttl === undefined) return undefined
  if (ttl > 0 && Number.isFinite(ttl)) return now() + Math.round(ttl * 1000)
  throw new SessionError('BAD_VALUE', `The ttl of ${JSON.stringify(key)} is not a positive number.`, {
    fix: 'Give it in seconds, or leave it out.',
  })
}
