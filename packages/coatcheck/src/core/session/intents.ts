import type { ChangeSet } from '../engine.ts'
import type { Contents, Fields } from '../model/contents.ts'
import type { Move } from '../model/moves.ts'

/** The changes of the session as a whole that the next commit carries out, and those made while a commit is under way. */
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
  #ends = 0
  #clears = 0

  /** Why what is stored is not the session that this request means. */
  get obstacle(): string | undefined {
    if (this.move) return 'this request has signed in, or asked for a new id'
    return this.ended ? 'this request has ended the session' : undefined
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
    this.#ends++
    this.ended = true
  }

  /** Forgets all but the end. */
  clear(): void {
    this.#clears++
    this.#reset()
  }

  /** Takes the changes for a commit. `undo` puts them back, and calls `others`, unless `clear` was called since. */
  take(
    ...others: (() => void)[]
  ): Pick<Intents, 'move' | 'begins' | 'ended' | 'lasts' | 'more'> & Pick<ChangeSet, 'isCurrent' | 'isWhole' | 'undo'> {
    const { move, begins, ended, lasts, more } = this
    const [ends, clears] = [this.#ends, this.#clears]
    this.#reset()
    this.ended = false
    this.#underWay = move
    const isWhole = () => clears === this.#clears
    const undo = () => {
      if (isWhole()) for (const undoOther of others) undoOther()
      this.settle()
      this.ended ||= ended
      if (!isWhole()) return
      // A sign-in, or another person, goes before a new id that was asked for since.
      if (!this.move || (move && move.kind !== 'regenerate')) this.move = move ?? this.move
      this.begins ||= begins
      this.lasts ??= lasts
      if (more) this.more = { ...more, ...this.more }
    }
    return { move, begins, ended, lasts, more, undo, isWhole, isCurrent: () => ends === this.#ends }
  }

  /** The commit under way is done. */
  settle(): void {
    this.#underWay = undefined
  }

  #reset(): void {
    this.move = undefined
    this.begins = false
    this.lasts = undefined
    this.more = undefined
  }
}
