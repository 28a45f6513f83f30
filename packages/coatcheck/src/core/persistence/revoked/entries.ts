import { digest } from '../../../crypto/digest.ts'
import type { Maybe } from '../../../crypto/maybe.ts'
import { SessionError } from '../../../errors.ts'
import type { Engine, LoadedSession } from '../../engine.ts'
import { type Contents, EMPTY } from '../../model/contents.ts'
import { SKEW } from '../../model/lifetime.ts'
import { actorOf, beside, impersonatorOf } from '../../model/standing.ts'
import { ownerDigest } from '../stored/owner-digest.ts'
import { askStore } from '../stored/record-access.ts'
import { Records, type VersionedRecord } from '../stored/records.ts'
import type { OwnerEnds } from './owner-ends.ts'
import type { Revocations } from './revocations.ts'

const PREFIX = 'listed-'

/** What an entry says besides what lists show. */
export interface EntryFields {
  /** Its session, since a key leads to no handle. */
  readonly handle?: string
  /** Of the last ticket with this id. Milliseconds since the epoch. */
  readonly ends?: number
}

/**
 * Entries of sealed sessions in which somebody is signed in: what lists show of them, and none of their values. What became of an id is never
 * asked of its entry: one that is left over is shown to nobody.
 */
export class Entries extends Records {
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

  /** The id leads to another. Whoever has the entry's key from a list comes to it for as long as a request may take. */
  async retire(handle: string): Promise<void> {
    const { now, maxRequestTime } = this.#engine
    const found = await this.#entry(handle)
    if (found) await super.update(found, found.contents, { expiresAt: now() + maxRequestTime + SKEW })
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
