import { digest } from '../../../crypto/digest.ts'
import type { Maybe } from '../../../crypto/maybe.ts'
import { SessionError } from '../../../errors.ts'
import type { Circumstances, Engine, LoadedSession } from '../../engine.ts'
import { type Contents, EMPTY } from '../../model/contents.ts'
import { LONGEST_LIFE } from '../../model/lifetime.ts'
import { actorOf, beside, impersonatorOf } from '../../model/standing.ts'
import { Admission, type SignIn } from '../../owners/admission.ts'
import { inLineOf, isLive, lineageOf } from '../../owners/lineage.ts'
import { ownedSessions } from '../../owners/owned.ts'
import { inTurns, OwnerRecords } from '../../owners/owner-records.ts'
import type { OwnedSessions, Which } from '../../owners/types.ts'
import { askStore } from '../store-call.ts'
import { ownerDigest } from '../stored/record-text.ts'
import { Records, type VersionedRecord } from '../stored/records.ts'
import type { OwnerEnds } from './owner-ends.ts'
import type { Revocations } from './revocations.ts'

const PREFIX = 'listed-'
/** Of a session that began here, or of one that another library's ticket opens. */
const isHandle = (given: string): boolean => /^([\w-]{16}|[0-9a-f]{64})$/.test(given)

/** What an entry says besides what lists show. */
interface EntryFields {
  /** Its session, since a key leads to no handle. */
  readonly handle?: string
  /** Of the last ticket with this id. Milliseconds since the epoch. */
  readonly ends?: number
}

/**
 * Entries of sealed sessions in which somebody is signed in: what lists show of them, and none of their values. What became of an id is never
 * asked of its entry: one that is left over is shown to nobody.
 */
class Entries extends Records {
  readonly #engine: Engine
  readonly #revoked: Revocations
  readonly #ends: OwnerEnds

  constructor(revoked: Revocations, ends: OwnerEnds, engine: Engine) {
    super(revoked.store, engine)
    this.#engine = engine
    this.#revoked = revoked
    this.#ends = ends
  }

  /** By a handle, or by a key of a list. */
  override async read(name: string): Promise<VersionedRecord | undefined> {
    const entry = await this.#entry(name)
    const { handle = name } = (entry?.contents.more ?? {}) as EntryFields
    if (handle.startsWith(PREFIX)) return undefined
    const known = await this.#revoked.read(handle, true)
    if (!known || known.fault) return undefined
    const { forwarding } = known
    // By the key that lists have of it.
    if (forwarding) return { ...known, forwarding: { ...forwarding, key: await this.#keyOf(forwarding.key) } }
    if (!entry || entry.fault || !(await this.#ends.standing({ handle, contents: entry.contents }, true))) return undefined
    return { ...entry, key: handle, record: { ...entry.record, owner: await ownerDigest(actorOf(entry.contents) ?? '') } }
  }

  /** Has an entry say what this session is now. Tickets of one id may be about that say less: the latest end counts. */
  async write({ handle, contents, lifetime }: LoadedSession): Promise<VersionedRecord> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const found = await this.#entry(handle)
      const { line, place, ends = 0 } = (found?.contents.more ?? contents.more) as EntryFields & Contents['more']
      const entry = beside(shown(contents), { handle, line, place, ends: Math.max(ends, lifetime.endsAt) })
      const expiresAt = Math.max(found?.record.expiresAt ?? 0, lifetime.expiresAt)
      const isSame = found?.record.expiresAt === expiresAt && textOf(found.contents) === textOf(entry)
      const written = isSame
        ? found
        : await (found ? super.update(found, entry, { expiresAt }) : super.create(await this.#keyOf(handle), entry, lifetime))
      if (written) return { ...written, key: handle }
    }
    throw new SessionError('CONFLICT', 'What lists show of the session could not be stored: it was written to all the time.')
  }

  async drop(handle: string): Promise<void> {
    const found = await this.#entry(handle)
    if (found) await askStore(this.#engine, this.store, 'delete', found.key, found.version)
  }

  override async keysOf(owner: string): Promise<readonly string[]> {
    const keys = await super.keysOf(await this.#inSite(owner))
    return keys.filter((key) => key.startsWith(PREFIX))
  }

  protected override async ownerOf(owner: string): Promise<string> {
    return this.#inSite(await ownerDigest(owner))
  }

  async #entry(name: string): Promise<VersionedRecord | undefined> {
    return super.read(name.startsWith(PREFIX) ? name : await this.#keyOf(name))
  }

  /** Other sites may keep sessions of the same owners in the same store. */
  #inSite(owner: string): Maybe<string> {
    return digest(`listed ${this.#engine.binding}`, owner)
  }

  async #keyOf(handle: string): Promise<string> {
    return `${PREFIX}${(await digest(`listed ${this.#engine.binding}`, handle)).slice(PREFIX.length)}`
  }
}

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

  /** Before the session's ticket is sent, so that no list misses it. `from`: the id that it takes the place of. */
  async put(session: LoadedSession, from?: string): Promise<void> {
    const { contents } = session
    if (contents.owner === undefined) return
    const before = from === undefined ? undefined : await this.#entries.read(from)
    await this.#entries.write(before ? { ...session, contents: inLineOf(before, contents) } : session)
  }

  /** The same for somebody who signs in. Throws, with nothing left of it, where there are too many. */
  async admit(session: LoadedSession, signIn: SignIn, request: Circumstances, from?: string): Promise<void> {
    const before = from === undefined ? undefined : await this.#entries.read(from)
    const { handle } = session
    const isSame = before?.record.owner === (await ownerDigest(signIn.owner))
    const contents = isSame ? inLineOf(before, session.contents) : session.contents
    await this.#admission.admit(contents, signIn, request, before, {
      make: (placed) => this.#entries.write({ ...session, contents: placed }),
      discard: () => this.#entries.drop(handle),
    })
  }

  /** Its id was ended, or leads to another: an entry that is left over is shown to nobody. */
  drop(handle: string): Promise<void> {
    return this.#entries.drop(handle).catch(() => {})
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

/** Without values, and without those that an impersonator put aside. */
function shown(contents: Contents): Contents {
  const { owner, lasts, since, from, more } = contents
  const { auth, note, epochs, line, place } = more
  const impersonator = impersonatorOf(contents)
  const times = {
    ...(lasts !== undefined && { lasts }),
    ...(since !== undefined && { since }),
    ...(from !== undefined && { from }),
  }
  const entry = { ...EMPTY, owner, ...times }
  return beside(entry, {
    auth,
    note,
    epochs,
    line,
    place,
    ...(impersonator !== undefined && { impersonator: { owner: impersonator, session: '' } }),
  })
}

const textOf = ({ owner, lasts, since, from, more }: Contents): string =>
  JSON.stringify([owner, lasts, since, from, Object.entries(more).sort()])
