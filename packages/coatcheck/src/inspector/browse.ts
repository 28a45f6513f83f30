import {
  actorOf,
  type Core,
  callStore,
  type Engine,
  impersonatorOf,
  inTurns,
  isLive,
  lastSeen,
  lifeUnder,
  lineageOf,
  noteOf,
  type VersionedRecord,
  type Watchable,
} from '../core/inspecting.ts'
import type { Maybe } from '../crypto/maybe.ts'
import { SessionError } from '../errors.ts'
import { lengthOf } from './format.ts'
import { type Id, idOf } from './ids.ts'

/** A session in a list. Times in milliseconds since the epoch. */
export interface Row {
  readonly handle: string
  /** In the clear; undefined: nobody signed in. */
  readonly owner: string | undefined
  /** Whose list it is on: a digest. */
  readonly digest: string | undefined
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
  readonly endsAt: number
  /** Of the record, in UTF-8; undefined: nobody looked. */
  readonly bytes: number | undefined
  readonly note: Readonly<Record<string, unknown>> | undefined
  readonly impersonator: string | undefined
}

export interface RowPage {
  readonly rows: readonly Row[]
  readonly next: string | undefined
  /** How many records were read for it, */
  readonly read: number
  /** and how many of them cannot be: damaged, or sealed with a secret that this process does not have. */
  readonly unread: number
}

const HANDLE = /^[0-9a-f]{64}$/
/** What a store's `readMany` takes. */
const AT_ONCE = 500
/** A page that finds too little stops after so many records, and offers to go on from there. */
export const MOST_READ = 1000
const LONGEST_CHAIN = 20

export const isHandle = (text: string): boolean => HANDLE.test(text)

/** Reads the sessions of a store for pages: each page reads a bounded number of records, however many there are. */
export class Browser {
  readonly #live: Watchable
  readonly #engine: Engine

  constructor(live: Watchable, { engine }: Core) {
    this.#live = live
    this.#engine = engine
  }

  get lists(): boolean {
    return this.#live.store.list !== undefined
  }

  /** The sessions after the place `after` of the store's own order, which `isWanted`. At most `MOST_READ` records are read, and a page more. */
  async page(after: string | undefined, limit: number, isWanted?: (row: Row) => boolean): Promise<RowPage> {
    const rows: Row[] = []
    let [from, read, unread] = [after, 0, 0]
    do {
      const chunk = isWanted ? AT_ONCE : limit
      const { keys, next } = (await this.#ask('read the keys of all', (store) => store.list?.(from, chunk))) ?? { keys: [] }
      // Others are no sessions, but notes of the engine's.
      const handles = keys.filter(isHandle)
      read += handles.length
      const found = await this.#rows(handles)
      unread += found.unread
      rows.push(...found.rows.filter((row) => !isWanted || isWanted(row)))
      from = next
    } while (from !== undefined && rows.length < (isWanted ? limit : 1) && read < MOST_READ)
    return { rows, next: from, read, unread }
  }

  /** The sessions of an owner, by its digest. */
  async ofOwner(digest: string, after: string | undefined, limit: number): Promise<RowPage> {
    if (!this.#live.store.listByOwner) return this.page(after, limit, (row) => row.digest === digest)
    const all = await this.#keysOf(digest)
    const from = after === undefined ? all : all.filter((key) => key > after)
    const keys = from.slice(0, limit)
    const next = from.length > limit ? keys.at(-1) : undefined
    return { ...(await this.#rows(keys)), next, read: keys.length }
  }

  /** What is at a handle, or where it went. */
  async find(handle: string): Promise<VersionedRecord | undefined> {
    let found = await this.#readOne(handle)
    for (let hop = 0; found?.forwarding && hop < LONGEST_CHAIN; hop++) found = await this.#readOne(found.forwarding.key)
    return found
  }

  isLive(found: VersionedRecord): boolean {
    return isLive(found, this.#engine) && !found.fault
  }

  row(found: VersionedRecord): Row {
    const { key, contents, record } = found
    const { createdAt, endsAt, expiresAt } = lifeUnder(record, contents, this.#engine.policy)
    return {
      handle: key,
      owner: contents.owner,
      digest: record.owner,
      createdAt,
      lastSeenAt: lastSeen(found, this.#engine),
      expiresAt,
      endsAt,
      bytes: lengthOf(record.data),
      note: noteOf(contents),
      impersonator: impersonatorOf(contents),
    }
  }

  /** The ids that a session has had, as far as their records are still there, the oldest first. `asked`: the handle that led to it. */
  async ids(found: VersionedRecord, asked: string): Promise<readonly Id[]> {
    const lineage = lineageOf(found)
    const known = new Map([[found.key, found]])
    let next: string | undefined = asked
    while (next !== undefined && !known.has(next)) {
      const older: VersionedRecord | undefined = await this.#readOne(next)
      if (older) known.set(next, older)
      next = older?.forwarding?.key
    }
    const { owner } = found.record
    if (owner !== undefined && this.#live.store.listByOwner) {
      const keys = (await this.#keysOf(owner)).slice(0, AT_ONCE)
      for (const each of await this.#read(keys)) if (lineageOf(each) === lineage) known.set(each.key, each)
    }
    return [...known.values()].sort((a, b) => a.made - b.made).map(idOf)
  }

  async #keysOf(owner: string): Promise<readonly string[]> {
    const keys = (await this.#ask('read the keys of an owner', (store) => store.listByOwner?.(owner))) ?? []
    return keys.filter(isHandle).sort()
  }

  /** Two records of one session, while it is being given a new id, are one row. */
  async #rows(keys: readonly string[]): Promise<Pick<RowPage, 'rows' | 'unread'>> {
    const lines = new Map<string, VersionedRecord>()
    const all = await this.#read(keys)
    for (const found of all) {
      const line = actorOf(found.contents) === undefined ? found.key : lineageOf(found)
      if (this.isLive(found) && (lines.get(line)?.made ?? Number.POSITIVE_INFINITY) > found.made) lines.set(line, found)
    }
    return { rows: [...lines.values()].map((found) => this.row(found)), unread: all.filter(({ fault }) => fault).length }
  }

  async #read(keys: readonly string[]): Promise<VersionedRecord[]> {
    const found: VersionedRecord[] = []
    const many = await this.#readMany(keys)
    const failed = await inTurns(this.#engine, keys, async (key) => {
      const record = many ? await many(key) : await this.#readOne(key)
      if (record) found.push(record)
    })
    if (failed) throw failed.error
    return found
  }

  /** undefined: each has to be read by itself, as where one that is damaged fails them all. */
  async #readMany(keys: readonly string[]): Promise<((key: string) => Maybe<VersionedRecord | undefined>) | undefined> {
    const { store, given } = this.#live
    if (!store.readMany || !given) return undefined
    const all = await this.#ask('read many', () => store.readMany?.(keys)).catch(unlessDamaged)
    const at = new Map(keys.map((key, nth) => [key, all?.[nth]]))
    return all && ((key) => given(key, at.get(key)))
  }

  /** Past the measuring of store calls, where that is possible: who looks on does not count. */
  async #readOne(key: string): Promise<VersionedRecord | undefined> {
    const { store, given, read } = this.#live
    return given ? given(key, await this.#ask('read', () => store.read(key)).catch(unlessDamaged)) : read(key)
  }

  #ask<T>(what: string, ask: (store: Watchable['store']) => Promise<T> | undefined): Promise<T | undefined> {
    return callStore(this.#engine, what, async () => ask(this.#live.store))
  }
}

/** One record that a store cannot read is no reason to show none. */
function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof SessionError) || error.code !== 'DAMAGED_RECORD') throw error
}
