import { SessionError } from '../../errors.ts'
import type { Engine } from '../engine.ts'
import { taken } from '../model/codec.ts'
import { EMPTY } from '../model/contents.ts'
import { authOf, boundIn, impersonatorOf, levelAt, noteOf } from '../model/standing.ts'
import { callStore } from '../persistence/store-call.ts'
import { ownerDigest } from '../persistence/stored/owner-digest.ts'
import type { Records, VersionedRecord } from '../persistence/stored/records.ts'
import { OWN } from '../session/values.ts'
import type { Epochs } from './epochs.ts'
import { isLive, lastSeen, lineageOf } from './lineage.ts'
import type { Marks } from './marks.ts'
import { inTurns, type OwnerRecords } from './owner-records.ts'
import type { ListedSession, OwnedSessions, SessionPage, Which } from './types.ts'

/** A handle of a stored session, which is its key. */
const HANDLE = /^[0-9a-f]{64}$/
/** So many keys are asked for at once where all are walked through. */
const PAGE = 500
/** What cannot be read may have led to a session that was not listed yet: so often it is listed again. */
const ROUNDS = 5

/** What the sessions of a store offer without their tickets. */
export function ownedSessions(
  records: Records,
  engine: Engine,
  owned: OwnerRecords,
  epochs: Epochs,
  marks: Marks,
  isHandle: (given: string) => boolean = (given) => HANDLE.test(given),
): OwnedSessions {
  const { store } = records

  /** What all ids of a session have in common, by one of its handles. undefined: it is none. */
  async function lineageIn(which: Which | undefined): Promise<string | undefined> {
    const { handle, lineage } = which ?? {}
    if (lineage !== undefined || handle === undefined || !isHandle(handle)) return lineage
    const found = await owned.find(handle)
    // What is there no more has led to others whose lineage begins with it.
    return lineageOf(found ?? { key: handle, contents: EMPTY })
  }

  function listed(found: VersionedRecord, current?: string): ListedSession {
    const { key, contents, record } = found
    const auth = authOf(contents)
    return {
      handle: key,
      owner: contents.owner,
      createdAt: record.createdAt,
      lastSeenAt: lastSeen(found, engine),
      expiresAt: record.expiresAt,
      authenticatedAt: auth?.at,
      level: auth && levelAt(auth, engine.now()),
      bound: engine.deviceBound ? boundIn(contents) : 'none',
      note: noteOf(contents),
      impersonator: impersonatorOf(contents),
      isCurrent: lineageOf(found) === current,
    }
  }

  async function list(owner: string, current: Which | undefined, after: string | undefined, limit: number): Promise<SessionPage> {
    const lineage = await lineageIn(current)
    const lines = new Map<string, VersionedRecord>()
    const all = await owned.keys(await ownerDigest(owner))
    let [from, next] = [after, undefined as string | undefined]
    do {
      const keys = lowest(all, from, limit + 1)
      next = keys.length > limit ? keys[limit - 1] : undefined
      from = next
      await owned.each(keys.slice(0, limit), all, (found) => {
        // Two records of one session: it is being given a new id, and the older one counts until it leads to the other.
        const lineage = lineageOf(found)
        if (isLive(found, engine) && !found.fault) lines.set(lineage, older(found, lines.get(lineage)))
      })
    } while (lines.size === 0 && next !== undefined)
    const sessions = [...lines.values()].map((found) => listed(found, lineage))
    sessions.sort((a, b) => b.createdAt - a.createdAt || (a.handle < b.handle ? -1 : 1))
    return { sessions, ...(next !== undefined && { next }) }
  }

  /** Ends all of these, and notes what became of them. */
  async function endEach(keys: readonly string[], done: Done, may: (found: VersionedRecord) => boolean) {
    const failed = await inTurns(engine, keys, async (key) => {
      const ended = await owned.end(key, 'elsewhere', may)
      if (!ended) return
      done.lineages.add(ended.lineage)
      done.hasUnread ||= !ended.isReadable
    })
    if (!failed) return
    done.failed ??= failed
    done.left.push(...failed.left)
  }

  async function endAll(owner: string, except: Which | undefined): Promise<number> {
    const digest = await ownerDigest(owner)
    const spared = await lineageIn(except)
    // First: whoever signs in and looks before this has its record in place, and is listed.
    await epochs.raise(digest)
    const done = nothingDone()
    const seen = new Set<string>()
    for (let round = 0; round < ROUNDS && (round === 0 || done.hasUnread); round++) {
      done.hasUnread = false
      const keys = (await owned.keys(digest)).filter((key) => !seen.has(key))
      for (const key of keys) seen.add(key)
      await endEach(keys, done, (found) => lineageOf(found) !== spared)
    }
    return countOf(done)
  }

  async function endEverything(): Promise<number> {
    await epochs.raise(undefined)
    const done = nothingDone()
    let after: string | undefined
    do {
      try {
        const page = await callStore(engine, 'read the keys of all', async () => store.list?.(after, PAGE))
        // Others are no sessions; and what was not written here is left alone.
        const keys = (page?.keys ?? []).filter((key) => HANDLE.test(key))
        await endEach(keys, done, ({ fault }) => fault !== 'corrupt')
        after = page?.next
      } catch (error) {
        done.failed ??= { error }
        break
      }
    } while (after !== undefined)
    return countOf(done)
  }

  return {
    async find(handle) {
      const found = isHandle(handle) ? await owned.find(handle) : undefined
      return found && isLive(found, engine) && !found.fault ? listed(found) : undefined
    },
    async values(handle) {
      const found = isHandle(handle) ? await owned.find(handle) : undefined
      if (!found || !isLive(found, engine) || found.fault) return undefined
      const shape = await engine.shaping?.load()
      const { values } = shape?.see(found.contents) ?? found.contents
      const entries = [...values].filter(([key, entry]) => entry.live(engine.now()) && !entry.isOpaque && !key.startsWith(OWN))
      return Object.fromEntries(entries.map(([key, entry]) => [key, taken(shape, entry)]))
    },
    async end(handle, owner) {
      if (!isHandle(handle)) return false
      const digest = owner === undefined ? undefined : await ownerDigest(owner)
      const may = ({ record }: VersionedRecord) => digest === undefined || record.owner === digest
      return (await owned.end(handle, 'elsewhere', may)) !== undefined
    },
    ...(store.listByOwner && { mark: (owner) => marks.make(owner), list, endAll }),
    ...(store.list && { endEverything }),
  }
}

/** The lowest `count` of these that come after `after`, in order; the others are not sorted. */
function lowest(keys: readonly string[], after: string | undefined, count: number): string[] {
  const found: string[] = []
  for (const key of keys) {
    if ((after !== undefined && key <= after) || (found.length === count && key > (found.at(-1) as string))) continue
    let [low, high] = [0, found.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((found[middle] as string) < key) low = middle + 1
      else high = middle
    }
    if (found[low] !== key) found.splice(low, 0, key)
    if (found.length > count) found.pop()
  }
  return found
}

function older(a: VersionedRecord, b = a): VersionedRecord {
  return (a.made - b.made || a.contents.writes.count - b.contents.writes.count) < 0 ? a : b
}

interface Done {
  readonly lineages: Set<string>
  readonly left: string[]
  hasUnread: boolean
  failed?: { readonly error: unknown }
}

const nothingDone = (): Done => ({ lineages: new Set(), left: [], hasUnread: false })

/** How many were ended. Throws `PARTLY_ENDED` if others may live. */
function countOf({ lineages: { size: ended }, left: remaining, failed }: Done): number {
  if (!failed) return ended
  const what = `${ended} sessions were ended, and ${remaining.length || 'others'} may live.`
  throw new SessionError('PARTLY_ENDED', what, { cause: failed.error, ended, remaining })
}
