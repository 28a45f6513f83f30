import type { Engine } from '../../core/engine.ts'
import { isLive } from '../../core/owners/lineage.ts'
import { Records, type VersionedRecord } from '../../core/persistence/stored/records.ts'
import type { Found, Store } from '../../stores/store.ts'
import { bytesOf } from '../text.ts'

/** What a store holds at one time. Bytes count the text of a record in UTF-8. */
export interface Census {
  readonly sessions: {
    readonly active: number
    readonly signedIn: number
    readonly guests: number
    /** Made with a secret, or by a release, that is not here. */
    readonly unreadable: number
  }
  /** That are no session now. */
  readonly records: { readonly all: number; readonly expired: number; readonly forwarding: number; readonly ended: number }
  readonly owners: {
    readonly count: number
    /** Sessions of the one who has the most. */
    readonly most: number
    readonly top: readonly { readonly owner: string | null; readonly sessions: number }[]
  }
  /** Of sessions that live. */
  readonly bytes: { readonly median: number; readonly p95: number; readonly largest: number; readonly all: number }
  /** How many sessions end within so long if nobody uses them; each is counted once. */
  readonly ending: { readonly hour: number; readonly day: number; readonly week: number; readonly later: number }
}

/** So many keys at once: what `readMany` takes. */
const PAGE = 500
const HOUR = 3_600_000
/** A record of ours; stores may be shared with others. */
const KEY = /^[0-9a-f]{64}$/

/** Walks through all records once, a page at a time. */
export async function census(
  store: Store & Required<Pick<Store, 'list'>>,
  engine: Engine,
  how: { readonly owners: number; readonly seen: (records: number) => void },
): Promise<Census> {
  const records = new Records(store, engine)
  const counts = { all: 0, active: 0, signedIn: 0, unreadable: 0, expired: 0, forwarding: 0, ended: 0 }
  const ending = { hour: 0, day: 0, week: 0, later: 0 }
  const sizes: number[] = []
  const owners = new Map<string, { owner: string | null; sessions: number }>()

  const see = (found: Found, record: VersionedRecord | undefined): void => {
    counts.all++
    const now = engine.now()
    if (!record) counts.ended++
    else if (record.forwarding) counts.forwarding++
    else if (!isLive(record, engine)) counts.expired++
    else {
      counts.active++
      if (record.fault) counts.unreadable++
      const digest = found.record.owner
      if (digest !== undefined) {
        counts.signedIn++
        const owner = owners.get(digest) ?? { owner: record.contents.owner ?? null, sessions: 0 }
        owner.sessions++
        owners.set(digest, owner)
      }
      sizes.push(bytesOf(found.record.data))
      const left = found.record.expiresAt - now
      ending[left <= HOUR ? 'hour' : left <= 24 * HOUR ? 'day' : left <= 168 * HOUR ? 'week' : 'later']++
    }
  }

  let after: string | undefined
  do {
    const page = await store.list(after, PAGE)
    const keys = page.keys.filter((key) => KEY.test(key))
    const all = store.readMany ? await store.readMany(keys) : await Promise.all(keys.map((key) => store.read(key)))
    for (const [at, key] of keys.entries()) {
      const found = all[at]
      if (found) see(found, await records.given(key, found))
    }
    how.seen(counts.all)
    after = page.next
  } while (after !== undefined)

  sizes.sort((a, b) => a - b)
  const part = (share: number): number => sizes[Math.min(sizes.length - 1, Math.floor(sizes.length * share))] ?? 0
  const top = [...owners.values()].sort((a, b) => b.sessions - a.sessions)
  const { active, signedIn, unreadable, all, expired, forwarding, ended } = counts
  return {
    sessions: { active, signedIn, guests: active - signedIn, unreadable },
    records: { all, expired, forwarding, ended },
    owners: { count: top.length, most: top[0]?.sessions ?? 0, top: top.slice(0, how.owners) },
    bytes: { median: part(0.5), p95: part(0.95), largest: sizes.at(-1) ?? 0, all: sizes.reduce((sum, size) => sum + size, 0) },
    ending,
  }
}
