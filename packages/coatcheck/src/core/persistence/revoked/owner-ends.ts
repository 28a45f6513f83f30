import type { Circumstances, Engine, LoadedSession } from '../../engine.ts'
import type { Contents } from '../../model/contents.ts'
import { LONGEST_LIFE, SKEW } from '../../model/lifetime.ts'
import { actorOf } from '../../model/standing.ts'
import { Epochs } from '../../owners/epochs.ts'
import { Marks } from '../../owners/marks.ts'
import type { OwnedSessions, Which } from '../../owners/types.ts'
import { ownerDigest } from '../stored/owner-digest.ts'
import type { Revocations } from './revocations.ts'

/**
 * What a ticket says of the epochs it was given in, that of its owner and that of all, and the id that it took the place of. A release that does
 * not know the field keeps it. Without it: of the time before anything was ended.
 */
type Given = readonly [ofOwner: number, ofAll: number, from?: string | undefined]

/** Without epochs: nothing was ended yet. */
export interface Stamp {
  readonly epochs: Given | undefined
}

type Session = Pick<LoadedSession, 'handle' | 'contents'>

/** Ends of all sessions of an owner, or of the site: numbers that tickets are compared with, since nobody knows which tickets there are. */
export class OwnerEnds {
  readonly offered: OwnedSessions = {
    mark: (owner) => this.marks.make(owner),
    endAll: (owner, except) => this.#endAll(owner, except),
    endEverything: () => this.#endEverything(),
  }
  readonly #revoked: Revocations
  readonly epochs: Epochs
  readonly marks: Marks

  constructor(revoked: Revocations, engine: Engine) {
    this.#revoked = revoked
    // As long as a ticket may last.
    this.epochs = new Epochs(revoked.store, engine, LONGEST_LIFE + SKEW)
    this.marks = new Marks(this.epochs, engine)
  }

  /** What the next ticket of this session is to hold besides; undefined: it was ended with others. `isFresh`: see `LookUps`. */
  async standing({ handle, contents }: Session, isFresh: boolean): Promise<Stamp | undefined> {
    const [owners, all] = await this.#now(actorOf(contents), isFresh)
    const [ofOwner, ofAll, from] = givenIn(contents)
    const isSpared = async (id = handle) => (await this.#epoch(spared(id), isFresh)) >= owners
    if (ofAll < all || (ofOwner < owners && !(await isSpared()) && !(from && (await isSpared(from))))) return undefined
    return stamp(Math.max(ofOwner, owners), Math.max(ofAll, all))
  }

  /** What the first ticket of whoever signs in, or of a guest, is to hold. Throws `CONFLICT` if the owner's sessions were ended meanwhile. */
  async admit(owner: string | undefined, mark: string | undefined, { arrivedAt }: Circumstances): Promise<Stamp> {
    // Before the mark is looked at: what is raised in between ends this ticket.
    const now = await this.#now(owner, true)
    if (owner !== undefined) await this.marks.check(owner, mark, arrivedAt)
    return stamp(...now)
  }

  /** Nobody can count them: 0. */
  async #endAll(owner: string, except: Which | undefined): Promise<number> {
    const digest = await ownerDigest(owner)
    const epoch = await this.epochs.raise(digest)
    this.#revoked.forget(nameOf(digest))
    let handle = except?.handle
    for (let hop = 0; handle !== undefined && hop < 100; hop++) {
      await this.epochs.raise(spared(handle), epoch)
      this.#revoked.forget(nameOf(spared(handle)))
      handle = (await this.#revoked.read(handle, true))?.forwarding?.key
    }
    return 0
  }

  async #endEverything(): Promise<number> {
    await this.epochs.raise(undefined)
    this.#revoked.forget(nameOf(undefined))
    return 0
  }

  async #now(owner: string | undefined, isFresh: boolean): Promise<[number, number]> {
    const digest = owner === undefined ? undefined : await ownerDigest(owner)
    return Promise.all([digest === undefined ? 0 : this.#epoch(digest, isFresh), this.#epoch(undefined, isFresh)])
  }

  #epoch(name: string | undefined, isFresh: boolean): Promise<number> {
    return this.#revoked.lookUp(nameOf(name), isFresh, () => this.epochs.read(name))
  }
}

const nameOf = (name = 'all'): string => `epoch ${name}`
/** Handles have other lengths than digests. */
const spared = (handle: string): string => `spared ${handle}`

function givenIn({ more: { epochs } }: Contents): Given {
  const [ofOwner, ofAll, from] = Array.isArray(epochs) ? epochs : []
  const number = (given: unknown) => (Number.isSafeInteger(given) ? (given as number) : 0)
  return [number(ofOwner), number(ofAll), typeof from === 'string' ? from : undefined]
}

const stamp = (ofOwner: number, ofAll: number): Stamp => ({ epochs: ofOwner + ofAll > 0 ? [ofOwner, ofAll] : undefined })

/** In the ticket of a new id: a session that is spared may be given one at the same time. */
export const cameFrom = (handle: string, { epochs: [ofOwner, ofAll] = [0, 0] }: Stamp): Stamp => ({
  epochs: [ofOwner, ofAll, handle],
})
