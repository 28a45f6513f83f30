import { SessionError } from '../errors.ts'
import { type Body, EMPTY } from './body.ts'
import type { Updater } from './changes.ts'
import { liveData } from './data.ts'
import type { Kept, Move, Taken, Trace } from './engine.ts'
import type { Emit } from './events.ts'
import { FlashValues } from './flash.ts'
import type { Session, SetOptions, SignOutOptions } from './types.ts'
import { checkKey, Values } from './values.ts'

export interface Surroundings {
  readonly now: () => number
  readonly emit: Emit
  /** Asked before each change; throws when it comes too late. */
  readonly admit: (what: string, newTicket: boolean) => void
}

/** The session object of one request. It does no I/O: `take` says what there is to commit, `settle` what became of it. */
export class LiveSession implements Session {
  readonly isNew: boolean
  readonly #around: Surroundings
  #kept: Kept | undefined
  #values: Values
  readonly #flash = new FlashValues()
  #move: Move | undefined
  #ended = false
  #over = false
  #trace: Trace = { tries: [] }
  #data: Record<string, unknown> | undefined

  constructor(around: Surroundings, kept?: Kept) {
    this.#around = around
    this.#kept = kept
    this.isNew = kept === undefined
    this.#values = this.#valuesOf(kept?.body)
  }

  get handle(): string | undefined {
    return this.#kept?.handle
  }
  get owner(): string | undefined {
    return this.#move?.kind === 'signIn' ? this.#move.owner : this.#kept?.body.owner
  }
  get createdAt(): number | undefined {
    return this.#kept?.life.createdAt
  }
  get expiresAt(): number | undefined {
    return this.#kept?.life.expiresAt
  }
  get data(): Record<string, unknown> {
    this.#data ??= liveData(this)
    return this.#data
  }

  get = (key: string): unknown => {
    const live = this.#values.read(key)
    return live.present ? live.value : undefined
  }

  has = (key: string): boolean => this.#values.read(key).present

  set = (key: string, value: unknown, options?: SetOptions): void => {
    this.#admit(key)
    const ttl = options?.ttl
    if (ttl !== undefined && !(ttl > 0 && Number.isFinite(ttl))) {
      throw new SessionError('BAD_VALUE', `The ttl of ${JSON.stringify(key)} is not a positive number.`, {
        fix: 'Give it in seconds, or leave it out.',
      })
    }
    this.#values.put(key, value, ttl === undefined ? undefined : this.#around.now() + Math.round(ttl * 1000))
  }

  delete = (key: string): boolean => {
    this.#admit(key)
    return this.#values.remove(key)
  }

  update = (key: string, change: Updater): unknown => {
    this.#admit(key)
    return this.#values.update(key, change)
  }

  flash = (...args: [key: string, value?: unknown]): unknown => {
    const [key, value] = args
    checkKey(key)
    const stored = this.#kept?.body.flash.get(key)
    if (args.length > 1) {
      this.#admit(key)
      return this.#flash.leave(key, value, stored)
    }
    const found = this.#flash.find(key, stored)
    if (!found) return undefined
    this.#admit(key)
    found.consume()
    try {
      return found.entry.take()
    } catch {
      this.#unreadable(key)
    }
  }

  keys = (): string[] => this.#values.keys()

  entries = (): [string, unknown][] => this.keys().map((key) => [key, this.get(key)])

  signIn = (owner: string): void => {
    this.#admit('signIn()', true)
    if (typeof owner !== 'string' || owner === '' || !owner.isWellFormed()) {
      throw new SessionError('BAD_VALUE', 'signIn() was given an owner that is not a non-empty text.', {
        fix: 'Pass the id of the user as a string.',
      })
    }
    if (this.owner !== undefined && this.owner !== owner) this.restart() // another person's values do not come along
    this.#move = { kind: 'signIn', owner }
  }

  signOut = (options?: SignOutOptions<Record<string, unknown>>): void => {
    const kept = (options?.keep ?? []).map((key) => ({ key, ...this.#values.read(key) })).filter(({ present }) => present)
    this.#admit('signOut()', kept.length > 0)
    this.restart()
    for (const { key, value, until } of kept) this.#values.put(key, value, until)
  }

  regenerateId = (): void => {
    this.#admit('regenerateId()', true)
    this.#move ??= { kind: 'renew' }
  }

  destroy = (): void => {
    if (!this.#ended) this.#admit('destroy()')
    this.restart()
    this.#over = true
  }

  /** Ends what there was and goes on empty. Faces whose framework allows writing after `destroy` call it then. */
  restart(): void {
    this.#ended = true
    this.#over = false
    this.#kept = undefined
    this.revert()
  }

  /** Forgets what is not committed; that the session was ended stands. */
  revert(): void {
    this.#values = this.#valuesOf(this.#kept?.body)
    this.#flash.clear()
    this.#move = undefined
  }

  /** What there is to commit: nothing, changes that need no new ticket, or some that do. */
  get pending(): 'nothing' | 'changes' | 'ticket' {
    if (this.#move) return 'ticket'
    const changed = this.#values.changed || this.#flash.changed
    if (this.#ended) return changed ? 'ticket' : 'changes'
    return changed ? 'changes' : 'nothing'
  }

  take(): Taken {
    const values = this.#values.take() // first: when it throws, nothing is taken
    const { flash, flashRead, undo } = this.#flash.take()
    const [move, ended] = [this.#move, this.#ended]
    this.#move = undefined
    this.#ended = false
    const putBack = () => {
      values.undo()
      undo()
      this.#move ??= move
      this.#ended ||= ended
    }
    return { changes: { values: values.changes, flash, flashRead }, move, ended, trace: this.#trace, undo: putBack }
  }

  /** What the commit of `taken` left; undefined: the session is gone, and nothing more of it can be stored. */
  settle(kept: Kept | undefined, taken: Taken): void {
    this.#kept = kept
    this.#trace = { tries: [] }
    this.#values.settle(kept?.body ?? EMPTY, taken.changes.values)
  }

  #valuesOf(body: Body = EMPTY): Values {
    return new Values(body, this.#around.now, (key) => this.#unreadable(key))
  }

  #unreadable(key: string): void {
    this.#around.emit({ type: 'unreadable-value', key, ...(this.handle !== undefined && { handle: this.handle }) })
  }

  #admit(what: string, newTicket = false): void {
    if (this.#over) throw new SessionError('ENDED', `${what} was called after destroy().`)
    this.#around.admit(what, newTicket || this.#ended) // after an end any change begins a session
  }
}
