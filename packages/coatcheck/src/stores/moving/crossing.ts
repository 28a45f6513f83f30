import { SessionError } from '../../errors.ts'
import type { Found, SessionRecord, Store, Version } from '../store.ts'
import { claimed, isClaim, isPending, isPendingOf, isReserved, pending, reserved, unclaimed } from './marks.ts'

/** A record, and which store has it. */
export interface Placed {
  readonly at: 'from' | 'to'
  readonly found: Found
}

/** What became of a key that was to be moved. `held`: both stores have a record, and that of the new one counts. */
export type Moved = 'moved' | 'gone' | 'expired' | 'held' | 'too-long'

/** Another has done something each time that one of these loops goes round: nobody loses so often in a row unless a store drops records. */
const MOST_ROUNDS = 1000

/**
 * One key, two stores, and no step that writes both. A record lives in the old store until it is claimed there, by compare-and-set; then
 * whoever meets the claim brings it over. In the new store its key is taken first, then the claim is looked at once more, and only then
 * does the record appear: somebody who read the claim long ago finds it gone, and brings back nothing. The claim goes last.
 */
export class Crossing {
  readonly from: Store
  readonly to: Store

  constructor(from: Store, to: Store) {
    this.from = from
    this.to = to
  }

  /** `isNewFirst`: most records are in the new store already. */
  find(key: string, isNewFirst: boolean): Promise<Placed | undefined> {
    return rounds<Placed | undefined>(async () => {
      if (isNewFirst) {
        const moved = await this.to.read(key)
        if (moved && !isPending(moved)) return { answer: { at: 'to', found: moved } }
      }
      // Records go one way: what is in the old store now, or was taken from there before, is found.
      const old = await this.from.read(key)
      const there = await this.to.read(key)
      if (there && !isPending(there)) return { answer: { at: 'to', found: there } }
      if (!old || isReserved(old)) return { answer: undefined }
      if (isClaim(old)) return void (await this.finish(key, old))
      // Whoever took the key may still believe that it is free here.
      if (there) return void (await this.to.delete(key, there.version))
      // Only while it counts: a record beside one in the new store is about to be taken back.
      const again = await this.from.read(key)
      return again?.version === old.version ? { answer: { at: 'from', found: again } } : undefined
    })
  }

  /** Brings a claimed record over. What is in the new store then; undefined where it has been ended since. */
  finish(key: string, claim: Found): Promise<Found | undefined> {
    const record = { ...unclaimed(claim.record), keepUntil: claim.record.expiresAt }
    return rounds(async () => {
      const there = await this.to.read(key)
      if (there && !isPending(there)) {
        await this.from.delete(key, claim.version)
        return { answer: there }
      }
      if (there && !isPendingOf(there, claim.version)) return void (await this.to.delete(key, there.version))
      const taken = there?.version ?? (await this.to.create(key, pending(record, claim.version)))
      if (taken === undefined) return undefined
      const now = await this.from.read(key)
      if (now?.version !== claim.version) {
        await this.to.delete(key, taken)
        return { answer: undefined }
      }
      const version = await this.to.update(key, record, taken)
      if (version === undefined) return undefined
      await this.from.delete(key, claim.version)
      return { answer: { record, version } }
    })
  }

  /** In the old store, for processes that know only that one. */
  createOld(key: string, record: SessionRecord, replaced?: string): Promise<Version | undefined> {
    return rounds(async () => {
      // Else a reader could see, once this one is ended, what is about to be taken back.
      const moved = await this.to.read(key)
      if (moved && !isPending(moved)) return { answer: undefined }
      const version = await this.from.create(key, record, replaced)
      if (version === undefined) return (await this.#isTaken(key)) ? { answer: undefined } : undefined
      return rounds(async () => {
        const there = await this.to.read(key)
        if (!there) return { answer: { answer: version } }
        if (isPending(there)) return void (await this.to.delete(key, there.version))
        // When it cannot be taken back it is in use: the other one was ended in between.
        return { answer: { answer: (await this.from.delete(key, version)) ? undefined : version } }
      })
    })
  }

  /** In the new store, while the key is held in the old one. */
  createNew(key: string, record: SessionRecord, replaced?: string): Promise<Version | undefined> {
    return rounds(async () => {
      const slot = await this.from.create(key, reserved(record), replaced)
      if (slot === undefined) return (await this.#isTaken(key)) ? { answer: undefined } : undefined
      const made = await this.#make(key, record, slot, replaced)
      await this.from.delete(key, slot)
      return made
    })
  }

  #make(key: string, record: SessionRecord, slot: Version, replaced: string | undefined): Promise<Round<Version | undefined>> {
    return rounds<Round<Version | undefined>>(async () => {
      const taken = await this.to.create(key, pending(record, slot), replaced)
      if (taken === undefined) {
        const there = await this.to.read(key)
        if (there && !isPending(there)) return { answer: { answer: undefined } }
        if (there) await this.to.delete(key, there.version)
        return undefined
      }
      const held = await this.from.read(key)
      if (held?.version !== slot) {
        await this.to.delete(key, taken)
        return { answer: undefined }
      }
      const version = await this.to.update(key, record, taken)
      return { answer: version === undefined ? undefined : { answer: version } }
    })
  }

  /** A key that the old store did not give. */
  async #isTaken(key: string): Promise<boolean> {
    const old = await this.from.read(key)
    if (!old) return false
    if (isReserved(old)) {
      await this.from.delete(key, old.version)
      return false
    }
    if (isClaim(old)) await this.finish(key, old)
    return true
  }

  /** Writes and moves at once. `undefined`: another version is there. `superseded`: it was written, and is not there any more. */
  async updateAndMove(key: string, record: SessionRecord, version: Version): Promise<Version | 'superseded' | undefined> {
    const written = await this.from.update(key, claimed(record), version)
    if (written === undefined) return undefined
    const old = await this.from.read(key)
    const there = old?.version === written ? await this.finish(key, old) : await this.to.read(key)
    const isOurs = there?.record.data === record.data && there.record.expiresAt === record.expiresAt
    return isOurs ? there.version : 'superseded'
  }

  async deleteNew(key: string, version: Version): Promise<boolean> {
    // Behind a claim that is left the record would be brought over again.
    const old = await this.from.read(key)
    if (old && isClaim(old)) await this.finish(key, old)
    return this.to.delete(key, version)
  }

  /** `mayStay`: whether this record of the old store is not to be moved: it is removed, or stays. */
  move(key: string, mayStay: (record: SessionRecord) => 'expired' | 'too-long' | undefined): Promise<Moved> {
    return rounds<Moved>(async () => {
      const old = await this.from.read(key)
      if (!old) return { answer: 'gone' }
      if (isReserved(old)) {
        await this.from.delete(key, old.version)
        return { answer: 'gone' }
      }
      if (isClaim(old)) {
        await this.finish(key, old)
        return { answer: 'moved' }
      }
      const there = await this.to.read(key)
      if (there && !isPending(there)) return { answer: 'held' }
      if (there) return void (await this.to.delete(key, there.version))
      const stays = mayStay(old.record)
      if (stays === 'expired' && !(await this.from.delete(key, old.version))) return undefined
      if (stays) return { answer: stays }
      const claim = claimed(old.record)
      const version = await this.from.update(key, claim, old.version)
      if (version === undefined) return undefined
      await this.finish(key, { record: claim, version })
      return { answer: 'moved' }
    })
  }

  /** Removes a record of the old store beside one in the new, whose maker is long gone. */
  async removeHeld(key: string, version: Version): Promise<boolean> {
    const there = await this.to.read(key)
    return there !== undefined && !isPending(there) && this.from.delete(key, version)
  }
}

/** What a round came to; undefined: once more. */
type Round<T> = { readonly answer: T } | undefined

async function rounds<T>(round: () => Promise<Round<T>>): Promise<T> {
  for (let count = 0; count < MOST_ROUNDS; count++) {
    const done = await round()
    if (done) return done.answer
  }
  throw new SessionError('STORE_FAILED', 'movingStore: a record was written to all the time, or a store drops records.', {
    fix: 'Look at the two stores: does one of them remove records that have not expired?',
  })
}
