import { randomText } from '../crypto/random.ts'
import { SessionError } from '../errors.ts'
import { type Body, EMPTY, type Flash } from './body.ts'
import type { Changes, Updater } from './changes.ts'
import { Entry } from './codec.ts'
import { liveData } from './data.ts'
import type { Emit } from './events.ts'
import type { Life } from './expiry.ts'
import type { Session, SetOptions, SignOutOptions } from './types.ts'
import { Values } from './values.ts'

/** A new id was asked for: for the same person, or because somebody signs in. */
export type Move = { readonly kind: 'renew' } | { readonly kind: 'signIn'; readonly owner: string }

/** What one commit takes from the session to carry out. */
export interface Taken {
  readonly changes: Changes
  readonly move: Move | undefined
  readonly ended: boolean
  /** Puts it all back: the commit failed. */
  readonly undo: () => void
}

/** What is known of a session that is stored, or sealed in a ticket. */
export interface Kept {
  readonly body: Body
  readonly handle: string
  readonly life: Life
}

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
  #flash = new Map<string, Flash>()
  #flashRead = new Set<string>()
  #move: Move | undefined
  #ended = false
  #over = false
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
    if (args.length > 1) {
      this.#admit(key)
      this.#flash.set(key, { id: randomText(6), entry: Entry.of(value, key) })
      return undefined
    }
    const left = this.#flash.get(key) ?? this.#kept?.body.flash.get(key)
    if (left === undefined || this.#flashRead.has(left.id)) return undefined
    this.#admit(key)
    if (!this.#flash.delete(key)) this.#flashRead.add(left.id)
    try {
      return left.entry.take()
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
    this.#admit('signOut()', options?.keep !== undefined)
    const kept = (options?.keep ?? []).map((key) => ({ key, ...this.#values.read(key) })).filter(({ present }) => present)
    this.restart()
    for (const { key, value, until } of kept) this.#values.put(key, value, until)
  }

  regenerateId = (): void => {
    this.#admit('regenerateId()', true)
    this.#move ??= { kind: 'renew' }
  }

  destroy = (): void => {
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
    this.#flashRead.clear()
    this.#move = undefined
  }

  take(): Taken {
    const { changes: values, undo } = this.#values.take()
    const { ended, move, flash, flashRead } = {
      ended: this.#ended,
      move: this.#move,
      flash: this.#flash,
      flashRead: this.#flashRead,
    }
    this.#ended = false
    this.#move = undefined
    this.#flash = new Map()
    this.#flashRead = new Set()
    const putBack = () => {
      undo()
      this.#ended ||= ended
      this.#move ??= move
      this.#flash = new Map([...flash, ...this.#flash])
      this.#flashRead = new Set([...flashRead, ...this.#flashRead])
    }
    return { changes: { values, flash, flashRead }, move, ended, undo: putBack }
  }

  /** What the commit of `taken` left; undefined: the session is gone, and nothing more of it can be stored. */
  settle(kept: Kept | undefined, taken: Taken): void {
    this.#kept = kept
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
    this.#around.admit(what, newTicket)
  }
}
