import type { Contents, Fields } from '../model/contents.ts'
import type { Move } from '../model/moves.ts'

/** What a commit takes of them. */
export type Intended = Pick<Intents, 'move' | 'begins' | 'ended' | 'lasts' | 'more'>

/** The changes of the session as a whole that the next commit carries out, and those made while a commit is under way. Most requests make none. */
export class Intents {
  move: Move | undefined
  /** The session is stored even when it is empty. */
  begins = false
  ended = false
  /** Its own idle time from here on, in milliseconds. */
  lasts: number | undefined
  /** Fields beside the values. */
  more: Fields | undefined
  /** The new id that the commit under way carries out. */
  #underWay: Move | undefined

  /** Why what is stored is not the session that this request means. */
  get obstacle(): string | undefined {
    if (this.move) return 'this request has signed in, or asked for a new id'
    return this.ended ? 'this request has ended the session' : undefined
  }

  /** Whether a request that may not change what its ticket opens goes on with a session of its own. `lapsed`: it may end it. */
  isOwn(lapsed: boolean): boolean {
    return this.move !== undefined || this.#underWay !== undefined || (lapsed && this.ended)
  }
  /** The owner that signs in: with the next commit, or with the one under way. */
  get signsIn(): string | undefined {
    const move = this.move?.kind === 'signIn' ? this.move : this.#underWay
    return move?.kind === 'signIn' ? move.owner : undefined
  }
  /** What the session shows since a change of person: with the next commit, or with the one under way. */
  get shows(): Contents | undefined {
    const move = this.move?.kind === 'switch' ? this.move : this.#underWay
    return move?.kind === 'switch' ? move.shows : undefined
  }
  /** The new id that is under way and the one to come. */
  get moves(): Move[] {
    return [this.#underWay, this.move].filter((move) => move !== undefined)
  }

  /** Whether there is something to commit: see `LiveSession`. */
  pending(loaded: boolean, changed: boolean): 'nothing' | 'changes' | 'ticket' {
    if (this.move || (this.begins && !loaded) || (this.ended && changed)) return 'ticket'
    return this.ended || changed ? 'changes' : 'nothing'
  }

  /** Ends what there was. */
  end(): void {
    this.#underWay = undefined
    this.ended = true
  }

  /** Forgets all but the end. */
  clear(): void {
    this.move = undefined
    this.begins = false
    this.lasts = undefined
    this.more = undefined
  }

  /** Takes the changes for a commit. */
  take(): Intended {
    const taken = { ...this }
    this.clear()
    this.ended = false
    this.#underWay = taken.move
    return taken
  }

  /** Puts back what a failed commit took. `isWhole`: nothing was forgotten since; else that the session was ended stands alone. */
  undo({ move, begins, ended, lasts, more }: Intended, isWhole: boolean): void {
    this.settle()
    this.ended ||= ended
    if (!isWhole) return
    // A sign-in, or another person, goes before a new id that was asked for since.
    if (!this.move || (move && move.kind !== 'regenerate')) this.move = move ?? this.move
    this.begins ||= begins
    this.lasts ??= lasts
    if (more) this.more = { ...more, ...this.more }
  }

  /** The commit under way is done. */
  settle(): void {
    this.#underWay = undefined
  }
}

/** Never changed. */
export const NO_INTENTS: Intents = new Intents()
