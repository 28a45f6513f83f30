import { SessionError } from '../../errors.ts'
import type { Engine } from '../engine.ts'
import { ownerDigest } from '../persistence/stored/owner-digest.ts'
import type { Epochs } from './epochs.ts'

/** What a mark says: when it was taken, and the epochs of that moment. */
const MARK = /^([0-9]{1,15})-([0-9]{1,16})-([0-9]{1,16})-([0-9a-f]{16})$/

/** Whether somebody may sign in whose sessions are perhaps being ended: what was proved before the end counts no more. */
export class Marks {
  readonly #epochs: Epochs
  readonly #engine: Engine

  constructor(epochs: Epochs, engine: Engine) {
    this.#epochs = epochs
    this.#engine = engine
  }

  /** A text that stands for this moment: to be taken before `owner` proves anything. */
  async make(owner: string): Promise<string> {
    const at = this.#engine.now()
    const digest = await ownerDigest(owner)
    return [at, ...(await this.#read(digest)), digest.slice(0, 16)].join('-')
  }

  /**
   * Once the record of a sign-in is in place: throws `CONFLICT` if the sessions of `owner`, or all, were ended since `mark`; without one, since
   * the request arrived, which is right only as far as clocks agree.
   */
  async check(owner: string, mark: string | undefined, arrivedAt: number): Promise<void> {
    const { now, maxRequestTime } = this.#engine
    const digest = await ownerDigest(owner)
    const [, at, ofOwner, ofAll, whose] = MARK.exec(mark ?? '') ?? []
    if (mark !== undefined && whose !== digest.slice(0, 16)) throw notAMark()
    // Later than this the epoch may be gone.
    if (now() - Number(at ?? arrivedAt) > maxRequestTime) throw tooLong(maxRequestTime)
    const [owners, all] = await this.#read(digest)
    const isEnded = mark === undefined ? Math.max(owners, all) >= arrivedAt : owners > Number(ofOwner) || all > Number(ofAll)
    if (isEnded) throw endedMeanwhile(mark !== undefined)
  }

  #read(digest: string): Promise<[number, number]> {
    return Promise.all([this.#epochs.read(digest), this.#epochs.read(undefined)])
  }
}

function notAMark(): SessionError {
  return new SessionError('BAD_VALUE', 'The `mark` of this sign-in was not made by `sessions.mark()` for this owner.', {
    fix: 'Pass what `await sessions.mark(owner)` returned, with the same owner.',
  })
}

/** Whoever signs in was known before the sessions of that owner were ended: nobody is signed in. */
export function endedMeanwhile(isMarked: boolean): SessionError {
  return new SessionError(
    'CONFLICT',
    'The sessions of this owner were ended while somebody signed in, and nobody is signed in.',
    {
      fix: isMarked
        ? 'Let the visitor sign in again.'
        : 'Let the visitor sign in again. If this request ended them itself, take `await sessions.mark(owner)` afterwards and pass it to signIn().',
    },
  )
}

function tooLong(maxRequestTime: number): SessionError {
  const what = `The sign-in took longer than \`maxRequestTime\` (${maxRequestTime / 1000} seconds), and nobody can tell whether the owner's sessions were ended since.`
  return new SessionError('CONFLICT', what, { fix: 'Let the visitor sign in again.' })
}
