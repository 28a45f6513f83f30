import type { SessionError } from '../../errors.ts'
import type { WebSignal } from '../../web.ts'
import type { LoadedSession } from '../engine.ts'
import { Attempts, type Begun } from '../model/attempts.ts'
import type { Changes, Updater } from '../model/changes.ts'
import { type Contents, EMPTY } from '../model/contents.ts'
import type { Shape } from '../model/shape.ts'
import type { Call } from '../once/once.ts'
import { Assured } from './assured.ts'
import { liveData } from './data.ts'
import { EndSignal } from './end-signal.ts'
import { FlashValues, NO_FLASH } from './flash.ts'
import { Intents, NO_INTENTS } from './intents.ts'
import { type Patch, patch, replace } from './patch.ts'
import { ended, notOpened, readOnly } from './refusals.ts'
import type { Inside } from './sure.ts'
import type { Opened, Surroundings, Taken } from './surroundings.ts'
import { untilOf } from './ttl.ts'
import type { Entry, Session, SetOptions, SignOutOptions } from './types.ts'
import { checkKey, Values } from './values.ts'

/** The session object of one request. It does no I/O: `take` says what there is to commit, `settle` what became of it. */
export class LiveSession extends Assured implements Session {
  readonly isNew: boolean
  /** It is `readOnly`, until it begins one of its own. */
  isBlocked: boolean
  #data: Record<string, unknown> | undefined
  readonly #around: Surroundings
  /** Undefined where nothing is said of the values. */
  readonly shape: Shape | undefined
  readonly #down: SessionError | undefined
  readonly #lapsed: boolean
  #kept: LoadedSession | undefined
  #values: Values
  #flashes: FlashValues | undefined
  /** Made by the first change of the session as a whole. */
  #next: Intents | undefined
  /** How often the session was ended, and how often what is not committed was forgotten. */
  #ends = 0
  #clears = 0
  isOver = false // destroyed, and nothing was begun since
  #attempts: Attempts | undefined
  #signal: EndSignal | undefined

  constructor(around: Surroundings, { loaded, down, blocked, lapsed }: Opened = {}) {
    super()
    this.#around = around
    this.#kept = loaded
    this.#down = down
    this.#lapsed = lapsed !== undefined
    const { shaping } = around.core.engine
    this.shape = shaping?.shape
    if (shaping) this.#opened(loaded)
    this.isBlocked = down !== undefined || blocked !== undefined
    this.isNew = !loaded && !down
    this.#values = this.#valuesOf(loaded?.contents)
  }

  get data(): Record<string, unknown> {
    this.#data ??= liveData(this)
    return this.#data
  }
  get #intents(): Intents {
    this.#next ??= new Intents()
    return this.#next
  }
  get #flash(): FlashValues {
    this.#flashes ??= new FlashValues(this.shape)
    return this.#flashes
  }
  get handle(): string | undefined {
    return this.#kept?.handle
  }
  get signal(): WebSignal {
    this.#signal ??= new EndSignal(this.#around.core.persistence, this.#kept)
    return this.#signal.signal
  }
  get readOnly(): boolean {
    return this.isBlocked && !this.#next?.isOwn(this.#lapsed)
  }
  get owner(): string | undefined {
    return this.#next?.signsIn ?? this.#contents?.owner
  }

  get = (key: string): unknown => {
    const live = this.#values.read(key)
    return live.present ? live.value : undefined
  }
  has = (key: string): boolean => this.#values.read(key).present
  set = (key: string, value: unknown, options?: SetOptions): void => {
    this.#admit(key)
    this.#values.put(key, value, options?.ttl === undefined ? undefined : untilOf(key, options.ttl, this.#around.now))
  }
  delete = (key: string): boolean => {
    this.#admit(key)
    return this.#values.remove(key)
  }
  update = (key: string, change: Updater): unknown => {
    this.#admit(key)
    return this.#values.update(key, change)
  }
  once = async (...call: Call): Promise<unknown> => {
    this.#admit('once()')
    const { once } = await import('../later.ts') // most sites need none of it
    return once({ session: this, around: this.#around, kept: this.#kept, values: this.#values, next: this.#intents }, ...call)
  }
  flash = (...args: [key: string, value?: unknown]): unknown => {
    const [key, value] = args
    checkKey(key)
    const stored = this.#contents?.flash
    if (args.length === 1 && (this.#around.request.onlyLooks || !this.#flash.has(key, stored))) return this.peek(key)
    this.#admit(key)
    if (args.length > 1) return this.#flash.leave(key, value, stored)
    return this.#flash.take(key, stored, () => this.#unreadable(key))
  }
  keys = <K extends string = string>(): K[] => this.#values.keys() as K[]
  entries = <K extends string = string>(): Entry<Record<string, unknown>, K>[] =>
    this.#values.entries() as Entry<Record<string, unknown>, K>[]
  signOut = (options?: SignOutOptions<Record<string, unknown>>): void => {
    const kept = (options?.keep ?? []).map((key) => ({ key, live: this.#values.read(key) })).filter(({ live }) => live.present)
    this.#admit('signOut()', kept.length > 0)
    this.restart()
    for (const { key, live } of kept) this.#values.put(key, live.value, live.until)
  }
  destroy = (): void => {
    if (!this.#next?.ended) this.#admit('destroy()')
    this.restart()
    this.isOver = true
  }

  /** For adapters, from here to `peek`: nobody waits for the signal any more. */
  release(): void {
    this.#signal?.release()
  }
  patch(change: Patch): void {
    patch(this, change)
  }
  replace(values: object): void {
    replace(this, values)
  }
  /** The next session that begins takes this id. */
  reserve(begun: Begun): void {
    this.#attempts ??= new Attempts()
    this.#attempts.began(begun)
  }
  /** Goes on from what is stored now, and forgets what is not committed. */
  reload(kept: LoadedSession): void {
    this.#kept = kept
    this.revert()
  }
  /** From here on the session is there even when it is empty. */
  begin(): void {
    if (this.#kept || this.#next?.begins || this.readOnly) return // else it takes the visitor's ticket away
    this.#admit('begin()', true)
    this.#intents.begins = true
  }
  /** Milliseconds without being seen after which this session ends from here on. */
  last(lasts: number): void {
    this.#intents.lasts = lasts
  }
  flashKeys(): string[] {
    return this.#flash.keys(this.#contents?.flash)
  }
  peek(key: string): unknown {
    return this.#flash.peek(key, this.#contents?.flash)
  }

  /** Throws `STORE_FAILED` when it is read-only. */
  writes(what: string): void {
    if (this.#down) throw readOnly(what, this.#down)
  }

  /** Ends what there was and goes on empty, also after `destroy`. */
  restart(): void {
    this.writes('Ending it')
    this.#intents.end()
    this.#ends++
    this.isOver = false
    this.#kept = undefined
    this.#signal = undefined
    this.revert()
  }

  /** Forgets what is not committed; that the session was ended stands. */
  revert(): void {
    this.#values = this.#valuesOf(this.#kept?.contents)
    this.#flashes?.clear()
    this.#next?.clear()
    this.#clears++
  }

  /** Whether a commit would write nothing, changes that need no new ticket, or changes that do. */
  get pending(): 'nothing' | 'changes' | 'ticket' {
    return (this.#next ?? NO_INTENTS).pending(this.#kept !== undefined, this.changed)
  }
  get changed(): boolean {
    return this.#values.changed || (this.#flashes?.changed ?? false) || this.#next?.more !== undefined
  }

  /** Takes what is to be committed; later changes are found against it. */
  take(): Taken {
    const values = this.#values.take() // first: when it throws, nothing is taken
    const flashes = this.#flashes?.takeAll() ?? NO_FLASH
    const intents = this.#next?.take() ?? NO_INTENTS
    const { move, ended, begins, lasts, more } = intents
    const { flash, flashRead } = flashes
    let changes: Changes = { values: values.changes, flash, flashRead }
    if (lasts !== undefined) changes = { ...changes, lasts }
    if (more) changes = { ...changes, more }
    if (this.shape) changes = { ...changes, shape: this.shape }
    const isChange = values.changes.size > 0 || flash.size + flashRead.size > 0 || more !== undefined
    this.#attempts ??= new Attempts()
    return {
      attempts: this.#attempts,
      changes,
      move,
      ended,
      begins,
      isChange,
      values,
      flashes,
      intents,
      ends: this.#ends,
      clears: this.#clears,
    }
  }

  /** Puts back what a failed commit took. */
  undo({ values, flashes, intents, clears }: Taken): void {
    const isWhole = clears === this.#clears
    if (isWhole) {
      this.#values.undo(values)
      flashes.undo()
    }
    this.#next?.undo(intents, isWhole)
  }

  /** Goes on from the session that the commit left; undefined: it is gone. */
  settle(kept: LoadedSession | undefined, { values, move, ends, clears }: Taken): void {
    this.#next?.settle()
    if (ends !== this.#ends) return // ended since
    this.#kept = kept
    this.#signal?.follow(kept)
    this.isBlocked &&= !kept
    this.#attempts = undefined
    const isMerged = move?.kind === 'signIn' && move.merge && !this.#values.changed
    if (clears === this.#clears && !isMerged) this.#values.settle(kept?.contents ?? EMPTY, values)
    else this.#values = this.#valuesOf(kept?.contents)
    this.#flashes?.settle()
  }

  get #contents(): Contents | undefined {
    return this.#next?.shows ?? this.#kept?.contents
  }
  protected override get inside(): Inside {
    return {
      around: this.#around,
      next: this.#intents,
      contents: this.#contents,
      lifetime: this.#kept?.lifetime,
      owner: this.owner,
      lapsed: this.#lapsed,
      admit: (what, inPlace = false) => this.#admit(what, !inPlace),
      session: this,
      turnTo: (contents) => this.#turnTo(contents),
    }
  }
  #turnTo(contents: Contents): Changes {
    const [{ changes: values }, { flash, flashRead }] = [this.#values.take(), this.#flashes?.takeAll() ?? NO_FLASH]
    this.#flashes?.clear()
    this.#values = this.#valuesOf(contents)
    return { values, flash, flashRead, ...(this.shape && { shape: this.shape }) }
  }
  #valuesOf(contents: Contents = EMPTY): Values {
    return new Values(contents, this.#around.now, this.#unreadable, this.shape)
  }
  #opened(loaded: LoadedSession | undefined): void {
    if (!this.shape) throw notOpened()
    if (!loaded) return
    const { contents, handle } = loaded
    this.shape.opened(contents, (event) => this.#around.emit({ ...event, handle }, contents))
  }
  #unreadable = (key: string): void => {
    this.#around.emit({ type: 'unreadable-value', key, ...(this.#kept && { handle: this.#kept.handle }) }, this.#kept?.contents)
  }
  #admit(what: string, newTicket = false): void {
    this.writes(what)
    if (this.isOver) throw ended(what)
    const { finished, request } = this.#around
    if (finished || request.onlyLooks) this.#around.admit(what, newTicket || this.#next?.ended === true) // after an end any change begins a session
  }
}
