import type { Move } from './engine.ts'

/** What a commit shall do to the session as a whole, besides its values. */
export class Intents {
  move: Move | undefined
  /** It is to be there even when it is empty. */
  begins = false
  ended = false
  /** Its own idle time from here on, in milliseconds. */
  lasts: number | undefined

  /** Forgets all but the end. */
  clear(): void {
    this.move = undefined
    this.begins = false
    this.lasts = undefined
  }

  /** What there is to commit, and how to put it back. */
  take(): Pick<Intents, 'move' | 'begins' | 'ended' | 'lasts'> & { undo: () => void } {
    const { move, begins, ended, lasts } = this
    this.clear()
    this.ended = false
    const undo = () => {
      this.move ??= move
      this.begins ||= begins
      this.ended ||= ended
      this.lasts ??= lasts
    }
    return { move, begins, ended, lasts, undo }
  }
}
