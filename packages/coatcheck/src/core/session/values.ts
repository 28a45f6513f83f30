import { SessionError } from '../../errors.ts'
import type { Updater, ValueChange } from '../model/changes.ts'
import { type Entry, encoded, taken } from '../model/codec.ts'
import type { Contents } from '../model/contents.ts'
import type { Shape } from '../model/shape.ts'
import { type Copies, copiesOf, isUnchanged } from './unchanged.ts'

/** What a key begins with under which the library keeps something of its own beside the values: see core/once. */
export const OWN = 'once\u001f'

const NO_STEPS: readonly Updater[] = []
const NO_CHANGES: TakenValues = { changes: new Map(), before: [] }

/** What a commit takes, and how each of its values was before. */
export interface TakenValues {
  readonly changes: ReadonlyMap<string, ValueChange>
  readonly before: readonly Before[]
}

interface Before extends Pick<Live, 'base' | 'done' | 'steps' | 'result'> {
  readonly live: Live
  readonly isDecoded: boolean
}

/** The values of one session in one request: what was stored, what the request made of it, and the difference. */
export class Values {
  #contents: Contents
  readonly #live = new Map<string, Live>()
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
    // Expired: absent, and no change of its own; the next write drops it.
    if (live.present && live.until !== undefined && live.until <= this.#now()) live.lapse()
    return live
  }

  put(key: string, given: unknown, until: number | undefined): void {
    const value = this.#shape ? this.#shape.admit(key, given) : given
    const result = encoded(this.#shape, value, key, until) // throws before anything is changed
    this.#meet(key).become('set', value, result, until)
  }

  remove(key: string): boolean {
    const live = this.read(key)
    const { present } = live
    live.become('delete')
    return present
  }

  update(key: string, change: Updater): unknown {
    const live = this.read(key)
    // After a set, a delete or a change from the inside, the value no longer depends on what others store: a set.
    const done = (live.done === 'nothing' || live.done === 'update') && !live.changedInside ? 'update' : 'set'
    const given = change(live.present ? live.value : undefined)
    const value = this.#shape ? this.#shape.admit(key, given) : given
    const result = encoded(this.#shape, value, key, live.until)
    live.become(done, value, result, live.until, [...live.steps, change])
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
    for (const live of this.#live.values()) if (live.change) return true
    return false
  }

  /** As they were stored when this request looked last. */
  get stored(): Contents['values'] {
    return this.#contents.values
  }

  isChanged(key: string): boolean {
    return this.#live.get(key)?.change !== undefined
  }

  /** Goes on with these keys as they are in `contents`. */
  learn(keys: readonly string[], contents: Contents): void {
    const newest = this.#seen(contents).values
    const values = new Map(this.#contents.values)
    for (const key of keys) {
      this.#live.delete(key)
      const entry = newest.get(key)
      if (entry) values.set(key, entry)
    }
    this.#contents = { ...this.#contents, values }
  }

  /** Takes the changes for a commit; later changes are found against what that commit writes. */
  take(): TakenValues {
    let changes: Map<string, ValueChange> | undefined
    for (const live of this.#live.values()) {
      const { change } = live
      if (!change) continue
      // Changed from the inside since it was set: nobody has looked at it.
      if (this.#shape && change.kind === 'set' && !change.entry.equals(live.result)) this.#shape.admit(live.key, live.value)
      changes ??= new Map()
      changes.set(live.key, change)
    }
    if (!changes) return NO_CHANGES
    // Only now: one that cannot be encoded throws, and then nothing is taken.
    const before: Before[] = []
    changes.forEach((change, key) => {
      const live = this.#live.get(key)
      if (live) before.push(live.advance(change))
    })
    return { changes, before }
  }

  /** Puts the changes back that a failed commit took. */
  undo({ before }: TakenValues): void {
    for (const was of before) was.live.takeBack(was)
  }

  /** Goes on from what was written. Values that another request's update was merged into are read anew. */
  settle(contents: Contents, { changes }: TakenValues): void {
    this.#contents = this.#seen(contents)
    changes.forEach((change, key) => {
      if (change.kind !== 'update') return
      const live = this.#live.get(key)
      const written = this.#contents.values.get(key)
      if (!live || !written || written.equals(change.entry)) return
      if (live.done === 'nothing' && !live.changedInside) this.#live.delete(key)
    })
  }

  #seen(contents: Contents): Contents {
    return this.#shape ? this.#shape.see(contents) : contents
  }

  #meet(key: string): Live {
    const known = this.#live.get(key)
    if (known) return known
    checkKey(key)
    const entry = this.#contents.values.get(key)
    const live = new Live(key, entry, this.#shape)
    if (entry) {
      try {
        live.decode(entry)
      } catch {
        if (!this.#shape?.isMisfit(entry)) this.#unreadable(key)
      }
    }
    this.#live.set(key, live)
    return live
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** One key as this request sees it. */
class Live {
  readonly key: string
  readonly #shape: Shape | undefined
  value: unknown
  present = false
  /** The stored entry when the key was first met, or the one that the last commit wrote. */
  base: Entry | undefined
  wasRead = false
  done: 'nothing' | 'set' | 'delete' | 'update' = 'nothing'
  steps: readonly Updater[] = NO_STEPS
  /** The value as it was set or updated last, encoded: a change inside it shows against this. undefined: against `base`. */
  result: Entry | undefined
  /** The objects of the value as `base` says that they are: nothing is encoded while they stay so. */
  #copies: Copies | undefined
  /** The value was decoded from `base`, and not encoded to it. */
  #isDecoded = false
  until: number | undefined
  /** A commit of it failed and may have been kept all the same: what it is now has to be said, whatever it was. */
  #isUncertain = false

  constructor(key: string, base: Entry | undefined, shape: Shape | undefined) {
    this.key = key
    this.base = base
    this.until = base?.until
    this.#shape = shape
  }

  /** Goes on with the value that is stored. Throws for one that cannot be decoded. */
  decode(base: Entry): void {
    const shape = this.#shape
    this.value = shape ? shape.read(base, this.key) : base.take()
    this.present = true
    this.#isDecoded = true
    if (!isObject(this.value)) return
    // What a schema made of it is no change.
    if (shape) this.result = shape.of(this.value, this.key, base.until)
    this.#copies = copiesOf(this.value, !base.rich)
  }

  /** Goes on with another value than `base` says, encoded as `result`. */
  become(done: Live['done'], value?: unknown, result?: Entry, until?: number, steps: readonly Updater[] = NO_STEPS): void {
    this.value = value
    this.result = result
    this.#copies = undefined
    this.#isDecoded = false
    this.present = done !== 'delete'
    this.done = done
    this.steps = steps
    this.until = until
  }

  /** Goes on as absent, since its time is over. */
  lapse(): void {
    this.become('nothing')
    this.present = this.wasRead = this.#isUncertain = false
  }

  /** Whether the value was changed from the inside since it was read, set or updated. */
  get changedInside(): boolean {
    if (!this.present || !isObject(this.value) || (this.#copies && isUnchanged(this.#copies))) return false
    return !this.#encoded.equals(this.result ?? this.#baseAsEncoded)
  }

  /** The change of this key that a commit has to write; undefined: none. */
  get change(): ValueChange | undefined {
    const { base, done, steps, wasRead } = this
    const isUncertain = this.#isUncertain
    if (done === 'delete' || (isUncertain && !this.present)) return base || isUncertain ? { kind: 'delete' } : undefined
    if (done === 'nothing' && !isUncertain && !this.changedInside) return undefined
    // What cannot change inside keeps the encoding made when it was set.
    const entry = this.result && !isObject(this.value) ? this.result : this.#encoded
    if (entry.equals(base) && !isUncertain) return undefined
    if (done !== 'update' || !this.result?.equals(entry)) return { kind: 'set', entry, base, wasRead }
    return { kind: 'update', entry, base, steps }
  }

  /** Goes on from what the commit under way writes, and returns how it was. */
  advance(change: ValueChange): Before {
    const { base, done, steps, result } = this
    const before = { live: this, base, done, steps, result, isDecoded: this.#isDecoded }
    this.done = 'nothing'
    this.steps = NO_STEPS
    this.result = undefined
    this.#isDecoded = false
    this.#isUncertain = false
    this.base = change.kind === 'delete' ? undefined : change.entry
    this.#copies = this.base && isObject(this.value) ? copiesOf(this.value, !this.base.rich) : undefined
    return before
  }

  /** Takes `advance` back after a failed commit, under whatever was done since. */
  takeBack(before: Before): void {
    const { done, steps, result } = before
    if (this.done === 'nothing') Object.assign(this, { done, steps, result })
    else if (this.done === 'update' && done === 'update') this.steps = [...steps, ...this.steps]
    else if (this.done === 'update') this.done = 'set'
    this.base = before.base
    this.#copies = undefined
    this.#isDecoded = before.isDecoded
    this.#isUncertain = true
  }

  get #encoded(): Entry {
    return encoded(this.#shape, this.value, this.key, this.until)
  }

  /** Decoding need not give back what was encoded to the letter: a change shows against the encoding of what comes out. */
  get #baseAsEncoded(): Entry | undefined {
    const { base, key } = this
    if (!base?.rich || !this.#isDecoded) return base
    return encoded(this.#shape, taken(this.#shape, base), key, base.until)
  }
}

/** The key, or `BAD_KEY` for what cannot name a value. */
export function checkKey(key: string): string {
  if (typeof key === 'string' && key !== '' && key.isWellFormed()) return key
  throw new SessionError('BAD_KEY', 'A session value was asked for under a key that is not a non-empty text.')
}
