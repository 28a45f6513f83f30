import { SessionError } from '../../errors.ts'
import type { Circumstances, Engine } from '../engine.ts'
import type { Contents } from '../model/contents.ts'
import type { Move } from '../model/moves.ts'
import { ownerDigest } from '../persistence/stored/owner-digest.ts'
import type { VersionedRecord } from '../persistence/stored/records.ts'
import { isLive, lineageOf, placeOf, withFields } from './lineage.ts'
import type { Marks } from './marks.ts'
import type { OwnerRecords } from './owner-records.ts'
import type { OwnerLimit } from './types.ts'

export type SignIn = Extract<Move, { readonly kind: 'signIn' }>

/** How a record of a sign-in is made, and taken back when nobody may be signed in with it. */
interface Making<R> {
  make(contents: Contents): Promise<R>
  discard(made: R): Promise<void>
}

/** A session with all its ids. */
interface Line {
  readonly lineage: string
  readonly place: number
  readonly records: VersionedRecord[]
}

/** So often a sign-in that finds no room looks again: others may have been withdrawn. */
const TRIES = 4

/** What is asked of a sign-in once its record is in place, and before any ticket leads to it. */
export class Admission {
  readonly #engine: Engine
  readonly #marks: Marks
  readonly #owned: OwnerRecords
  readonly #limit: OwnerLimit | undefined

  constructor(engine: Engine, marks: Marks, owned: OwnerRecords) {
    this.#engine = engine
    this.#marks = marks
    this.#owned = owned
    this.#limit = engine.maxPerOwner
  }

  /** Makes the record. Throws, with nothing left of it, when the owner's sessions were ended meanwhile, or there are too many. */
  async admit<R extends VersionedRecord>(
    contents: Contents,
    { owner, mark }: SignIn,
    { arrivedAt }: Circumstances,
    from: { readonly record: Pick<VersionedRecord['record'], 'owner'> } | undefined,
    { make, discard }: Making<R>,
  ): Promise<R> {
    const digest = await ownerDigest(owner)
    // Whoever signs in once more has a session already.
    const limit = from?.record.owner === digest ? undefined : this.#limit
    const placed = limit?.evict === 'oldest' ? await this.#placed(contents, digest) : contents
    for (let attempt = 1; ; attempt++) {
      const made = await make(placed)
      try {
        await this.#marks.check(owner, mark, arrivedAt)
        if (!limit || (await this.#hasRoom(made, digest, limit))) return made
      } catch (error) {
        await discard(made)
        throw error
      }
      await discard(made)
      if (attempt === TRIES) throw tooMany(limit)
      await this.#engine.sleep(this.#engine.random() * 50 * 2 ** attempt)
    }
  }

  /** With a place after all others, which it keeps: whoever counts at the same time counts in the same order. */
  async #placed(contents: Contents, owner: string): Promise<Contents> {
    const lines = await this.#lines(owner)
    const place = Math.max(this.#engine.now(), ...lines.map(({ place }) => place + 1))
    return withFields(contents, { place })
  }

  async #hasRoom(made: VersionedRecord, owner: string, { count, evict }: OwnerLimit): Promise<boolean> {
    const lineage = lineageOf(made)
    const others = (await this.#lines(owner)).filter((other) => other.lineage !== lineage)
    if (evict === 'refuse') return others.length < count
    const own: Line = { lineage, place: placeOf(made), records: [] }
    const [newest, over] = cut([...others, own], count)
    if (!newest.includes(own)) throw evictedAtOnce()
    for (const { records } of over) for (const { key } of records) await this.#owned.end(key, 'evicted')
    return true
  }

  async #lines(owner: string): Promise<Line[]> {
    const lines = new Map<string, Line>()
    const keys = await this.#owned.keys(owner)
    await this.#owned.each(keys, keys, (found) => {
      if (!isLive(found, this.#engine)) return
      const lineage = lineageOf(found)
      const line = lines.get(lineage) ?? { lineage, place: placeOf(found), records: [] }
      line.records.push(found)
      lines.set(lineage, line)
    })
    return [...lines.values()]
  }
}

/** The newest `count`, and the others. */
function cut(lines: Line[], count: number): [Line[], Line[]] {
  lines.sort((a, b) => b.place - a.place || (a.lineage < b.lineage ? 1 : -1))
  return [lines.slice(0, count), lines.slice(count)]
}

function tooMany({ count }: OwnerLimit): SessionError {
  return new SessionError(
    'TOO_MANY_SESSIONS',
    `This owner is signed in ${count} times already, as often as \`maxPerOwner\` says.`,
  )
}

function evictedAtOnce(): SessionError {
  const what = 'Others signed in as this owner at the same time, more than `maxPerOwner` says, and nobody is signed in here.'
  return new SessionError('CONFLICT', what, { fix: 'Let the visitor sign in again.' })
}
