import type { Circumstances, Engine, LoadedSession } from '../../engine.ts'
import type { Contents } from '../../model/contents.ts'
import { LONGEST_LIFE } from '../../model/lifetime.ts'
import type { Move } from '../../model/moves.ts'
import { actorOf, beside } from '../../model/standing.ts'
import { Admission } from '../../owners/admission.ts'
import { inLineOf, isLive, lineageOf } from '../../owners/lineage.ts'
import { ownedSessions } from '../../owners/owned.ts'
import { inTurns, OwnerRecords } from '../../owners/owner-records.ts'
import type { OwnedSessions, Which } from '../../owners/types.ts'
import { ownerDigest } from '../stored/owner-digest.ts'
import type { VersionedRecord } from '../stored/records.ts'
import { Entries, type EntryFields } from './entries.ts'
import type { OwnerEnds } from './owner-ends.ts'
import type { Revocations } from './revocations.ts'

/** Of a session that began here, or of one that another library's ticket opens. */
const isHandle = (given: string): boolean => /^([\w-]{16}|[0-9a-f]{64})$/.test(given)

/** Lists of sealed sessions, and a limit of how many an owner may have. */
export class ListedSessions {
  readonly offered: OwnedSessions
  readonly #entries: Entries
  readonly #owned: OwnerRecords
  readonly #admission: Admission
  readonly #engine: Engine

  constructor(revoked: Revocations, ends: OwnerEnds, engine: Engine) {
    const entries = new Entries(revoked, ends, engine)
    const end = async ({ request }: { readonly request: Circumstances }, found: VersionedRecord | undefined) => {
      if (!found) return false
      await revoked.endAnywhere(found.key, (found.contents.more as EntryFields).ends, request)
      await entries.drop(found.key)
      return true
    }
    const adoptions = { end: async (from: string) => void (await revoked.revoke(from, engine.now() + LONGEST_LIFE)) }
    this.#owned = new OwnerRecords(entries, engine, { end }, adoptions)
    this.#admission = new Admission(engine, ends.marks, this.#owned)
    this.#entries = entries
    this.#engine = engine
    const { values: _, ...found } = ownedSessions(entries, engine, this.#owned, ends.epochs, ends.marks, isHandle)
    const endAll = (owner: string, except: Which | undefined) => this.#endAll(owner, () => ends.offered.endAll?.(owner, except))
    this.offered = { ...found, ...ends.offered, endAll }
  }

  /**
   * Before the session's ticket is sent, so that no list misses it. `from`: the session under the id that it takes the place of. Throws, with
   * nothing left of it, where somebody signs in and there are too many.
   */
  async put(
    session: LoadedSession | undefined,
    move: Move | undefined,
    request: Circumstances,
    from?: LoadedSession,
  ): Promise<void> {
    if (session?.contents.owner === undefined) return
    const actor = from && actorOf(from.contents)
    const goesOn = from && (move?.kind !== 'signIn' || move.owner === actor)
    const before = goesOn ? await this.#entries.read(from.handle) : undefined
    const contents = before ? after(before, session.contents) : session.contents
    const make = (placed: Contents) => this.#entries.write({ ...session, contents: placed })
    if (move?.kind !== 'signIn') return void (await make(contents))
    const owner = actor === undefined ? {} : { owner: await ownerDigest(actor) }
    const discard = () => this.#entries.drop(session.handle)
    await this.#admission.admit(contents, move, request, { record: owner }, { make, discard })
  }

  // Of an id that was ended, or leads to another, an entry that is left over is shown to nobody.
  drop(handle: string): Promise<void> {
    return this.#entries.drop(handle).catch(() => {})
  }

  retire(handle: string): Promise<void> {
    return this.#entries.retire(handle).catch(() => {})
  }

  /** How many of the sessions that were listed before are not any more; 0 if the store cannot say it. */
  async #endAll(owner: string, act: () => Promise<number> | undefined): Promise<number> {
    const before = await this.#live(owner).catch(() => new Map<string, VersionedRecord>())
    await act()
    const after = await this.#live(owner).catch(() => before)
    const ended = [...before].flatMap(([lineage, found]) => (after.has(lineage) ? [] : [found]))
    for (const { key, contents } of ended) this.#engine.emit({ type: 'ended', reason: 'elsewhere', handle: key }, contents)
    // Nobody is shown these entries any more; they would make lists slower.
    await inTurns(
      this.#engine,
      ended.map(({ key }) => key),
      (handle) => this.#entries.drop(handle),
    )
    return ended.length
  }

  async #live(owner: string): Promise<Map<string, VersionedRecord>> {
    const lines = new Map<string, VersionedRecord>()
    const keys = await this.#owned.keys(await ownerDigest(owner))
    await this.#owned.each(keys, keys, (found) => {
      if (isLive(found, this.#engine)) lines.set(lineageOf(found), found)
    })
    return lines
  }
}

/** The contents of a session that goes on under a new id. Tickets do not say which place it has among those of its owner. */
function after(before: VersionedRecord, contents: Contents): Contents {
  const { place } = before.contents.more
  return beside(inLineOf(before, contents), { place })
}
