import { SessionError } from '../../errors.ts'
import type { Found, SessionRecord, Store, Version } from '../store.ts'
import { claimed, isClaim, isPending, isPendingOf, isReserved, pending, reserved, unclaimed } from './marks.ts'

/** A record, and which store has it. */
export interface Placed {
  readonly at: 'from' | 'to'
  readonly found: Found
}

/** What became of a key that was to be moved. */
export type Moved = 'moved' | 'gone' | 'expired' | 'too-long'

/** Another has done something each time that one of these loops goes round: nobody loses so often in a row unless a store drops records. */
const MOST_ROUNDS = 1000

/**
 * One key, two stores, and no step that writes both. What happens to a key is decided by who has its place in the old store.
 *
 * A record lives there until it is claimed, by compare-and-set; then whoever meets the claim brings it over. In the new store its key is taken
 * first, then the claim is looked at once more, and only then the record appears: who read the claim long ago finds it gone, and brings back
 * nothing. The claim goes last. A new record is made in the same way by who holds its key in the old store.
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
      const old = await this.from.read(key)
      if (old && isClaim(old)) return void (await this.finish(key, old))
      if (old && !isReserved(old)) return { answer: { at: 'from', found: old } }
      // Records go one way: what was not in the old store when that was asked is in the new one by now, or nowhere.
      const there = await this.to.read(key)
      return { answer: there && !isPending(there) ? { at: 'to', found: there } : undefined }
    })
  }

  /** Brings a claimed record over. What is in the new store then; undefined where it has been ended since. */
  finish(key: string, claim: Found): Promise<Found | undefined> {
    const record = { ...unclaimed(claim.record), keepUntil: claim.record.expiresAt }
    return rounds(async () => {
      let taken = await this.to.create(key, pending(record, claim.version))
      if (taken === undefined) {
        const there = await this.to.read(key)
        if (there && !isPending(there)) {
          await this.from.delete(key, claim.version)
          return { answer: there }
        }
        if (there && !isPendingOf(there, claim.version)) await this.to.delete(key, there.version)
        else taken = there?.version
      }
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

  /** In the old store, where processes look that know only that one. */
  createOld(key: string, record: SessionRecord, replaced?: string): Promise<Version | undefined> {
    return this.#holding(key, record, replaced, async (slot) => {
      const there = await this.to.read(key)
      if (there && !isPending(there)) {
        await this.from.delete(key, slot)
        return { answer: undefined }
      }
      // Whoever took that key believes that he holds this one.
      if (there && !(await this.to.delete(key, there.version))) return undefined
      const version = await this.from.update(key, record, slot)
      return version === undefined ? undefined : { answer: version }
    })
  }

  createNew(key: string, record: SessionRecord, replaced?: string): Promise<Version | undefined> {
    return this.#holding(key, record, replaced, async (slot) => {
      const taken = await this.to.create(key, pending(record, slot), replaced)
      if (taken === undefined) {
        const there = await this.to.read(key)
        if (there && isPending(there)) await this.to.delete(key, there.version)
        const isThere = there && !isPending(there)
        await this.from.delete(key, slot)
        return isThere ? { answer: undefined } : undefined
      }
      const held = await this.from.read(key)
      if (held?.version !== slot) return void (await this.to.delete(key, taken))
      const version = await this.to.update(key, record, taken)
      await this.from.delete(key, slot)
      return version === undefined ? undefined : { answer: version }
    })
  }

  /** A record is made by whoever holds its key in the old store. Whoever finds it held may take it from him, and he begins anew. */
  #holding<T>(
    key: string,
    record: SessionRecord,
    replaced: string | undefined,
    make: (slot: Version) => Promise<Round<T | undefined>>,
  ): Promise<T | undefined> {
    return rounds<T | undefined>(async () => {
      const slot = await this.from.create(key, reserved(record), replaced)
      if (slot !== undefined) return make(slot)
      return (await this.#isTaken(key)) ? { answer: undefined } : undefined
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
