import type { Maybe } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import type { OldSession, ReaderRequest, SessionReader } from '../../migrate/format.ts'
import type { Circumstances, Engine, LoadedSession, MigratingSession, Persistence } from '../engine.ts'
import { type Contents, encode } from '../model/contents.ts'
import { type Lifetime, LONGEST_LIFE, newLifetime } from '../model/lifetime.ts'
import { bodyOf, provenOwner } from '../persistence/plain.ts'
import { callStore } from '../persistence/store-call.ts'
import type { IncomingTickets } from '../request/incoming.ts'
import { tries } from './allowance.ts'

/** A session that another library kept for a visitor. */
export interface Found extends MigratingSession {
  readonly format: string
  /** The name of its cookie. The response clears that cookie when ours replaces it. */
  readonly cookieName: string
  readonly via: 'header' | 'cookie'
  readonly forget?: () => Promise<void>
}

const LONGEST_COOKIE = 4096

/** The lifetime that an old session states; without one, its time begins now. */
export function lifeIn({ createdAt, expiresAt, slidesUntil }: OldSession, { policy, now }: Engine): Lifetime {
  const began = beginningOf(createdAt, now())
  const { endsAt, expiresAt: idleEnd } = newLifetime(policy, now())
  if (!Number.isFinite(expiresAt)) return { createdAt: began, endsAt, expiresAt: idleEnd }
  // Browsers keep a cookie for 400 days at most (RFC 6265bis 5.5), so no session says more.
  const end = Math.min(Math.floor(expiresAt as number), now() + LONGEST_LIFE)
  const last = slidesUntil === undefined ? end : Math.floor(Math.min(slidesUntil, began + policy.absolute))
  return { createdAt: began, endsAt: Math.max(last, end), expiresAt: end }
}

/** When an old session began, in milliseconds since the epoch; now, if it does not say so in a usable form. */
function beginningOf(createdAt: number | undefined, now: number): number {
  return Number.isFinite(createdAt) ? Math.max(0, Math.min(Math.floor(createdAt as number), now)) : now
}

/** All values that a request presented under one name, in its cookies or in one header. */
interface Place {
  readonly via: 'header' | 'cookie'
  readonly values: readonly string[]
  readonly request: ReaderRequest
  /** In the order in which the options name them. */
  readonly readers: readonly SessionReader[]
}

export interface Adopted {
  readonly loaded?: LoadedSession
  /** See `Recognised`. */
  readonly over?: readonly LoadedSession[]
  readonly blocked?: SessionError | undefined
  readonly cannotEnd?: SessionError | undefined
  readonly migrated?: Found
  readonly via?: 'header' | 'cookie'
}

/**
 * Finds the session that another library's cookie or header opens. Two different live sessions under one name make the visitor anonymous,
 * as with two tickets of ours: an attacker may have set one of them, and nobody can tell which.
 */
export async function readOldSession(
  readers: readonly SessionReader[],
  incoming: IncomingTickets,
  { persistence, engine }: { readonly persistence: Persistence; readonly engine: Engine },
  request: ReaderRequest,
  { arrivedAt, onlyLooks }: Pick<Circumstances, 'arrivedAt' | 'onlyLooks'>,
): Promise<Adopted> {
  if (engine.now() >= engine.adoptsUntil) return {}
  let over: Adopted = {}
  for (const place of placesOf(readers, incoming, request)) {
    const alive = new Map<string, { loaded: LoadedSession; migrated: Found }>()
    for (const found of await foundAt(place, engine)) {
      const loaded = await persistence.adopt(found, arrivedAt, onlyLooks)
      if ('refused' in loaded) {
        const { refused, handle, ends, blocked, cannotEnd, alarm } = loaded
        alarm?.(engine.emit)
        engine.emit({ type: 'refused', reason: refused, ...(handle !== undefined && { handle }) })
        if (!over.migrated) over = { over: ends ? [ends] : [], blocked, cannotEnd, migrated: found }
      } else if (!alive.has(loaded.handle)) alive.set(loaded.handle, { loaded, migrated: found })
    }
    const [one] = alive.values()
    if (alive.size > 1) {
      engine.emit({ type: 'refused', reason: 'duplicate' })
      return {}
    }
    if (one) {
      engine.emit({ type: 'adopted', format: one.migrated.format, handle: one.loaded.handle })
      return { ...one, via: place.via }
    }
  }
  return over
}

/** The names, in the order of the readers. The header of ours comes before its cookie. */
function placesOf(all: readonly SessionReader[], { read, named }: IncomingTickets, request: ReaderRequest): Place[] {
  const ours = request.cookieName
  const names = new Set(all.map(({ cookieName = ours }) => cookieName))
  return [...names].flatMap((name): Place[] => {
    const readers = all.filter(({ cookieName = ours }) => cookieName === name)
    if (name === ours) return read.groups.map((group) => ({ ...group, request, readers }))
    return [{ via: 'cookie', values: named(name).values, request: { ...request, cookieName: name }, readers }]
  })
}

/** Reads each value with the first reader that knows its format. Values that say the same count once. */
async function foundAt({ values, readers, request, via }: Place, engine: Engine): Promise<Iterable<Found>> {
  const found = new Map<string, Found>()
  if (values.length === 0) return []
  const asking = readers.map((reader) => ({ reader, asked: { ...request, mayTry: tries() } }))
  for (const value of values) {
    // Only ours comes in pieces here. Other libraries join theirs, and no browser keeps a longer cookie (RFC 6265bis 5.6).
    if (via === 'cookie' && value.length > LONGEST_COOKIE) continue
    for (const { reader, asked } of asking) {
      const session = await read(reader, value, asked, engine)
      if (!session || (session.expiresAt ?? Number.POSITIVE_INFINITY) <= engine.now()) continue
      if (!session.gone && reader.accepts?.(session.values) === false) continue
      const { unique, gone = false, forget } = session
      const named = unique === undefined ? undefined : `${reader.format} ${unique}`
      const kept = await bodyAndLife(session, engine)
      // One spelling for comparison: the same cookie value can be spelled in several ways.
      const presented = `${reader.format}\n${encode({ ...kept.contents, owner: undefined }, {})}`
      const more = { cookieName: request.cookieName, ...(forget && { forget: removal(forget, engine) }) }
      found.set(named ?? presented, { format: reader.format, via, ...kept, unique: named, presented, isGone: gone, ...more })
      break
    }
  }
  return found.values()
}

async function bodyAndLife(session: OldSession, engine: Engine): Promise<{ contents: Contents; lifetime: Lifetime }> {
  const { values, flash, ends, createdAt } = session
  const { contents, unreadable } = bodyOf(values, flash, ends, await provenOwner(values, engine))
  for (const key of Object.keys({ ...unreadable.values, ...unreadable.flash })) engine.emit({ type: 'unreadable-value', key })
  // The other library counted its end by other rules. Now our rules count.
  const since = engine.now()
  const lifetime = { ...newLifetime(engine.policy, since), createdAt: beginningOf(createdAt, since) }
  return { contents: { ...contents, ...(lifetime.createdAt < since && { since }) }, lifetime }
}

const removal = (forget: () => Promise<void>, engine: Engine) => () =>
  callStore(engine, 'the removal of an old session', async () => forget())

/** Makes a function that throws at once reject instead. */
function begun<T>(run: () => Maybe<T>): Maybe<T> {
  try {
    return run()
  } catch (error) {
    return Promise.reject(error)
  }
}

/**
 * Reads an old record. A damaged record stays where it is, and its visitor continues without a session; a store that fails or is late makes
 * the request fail. A reader that answers at once asked no store and needs no timer.
 */
async function read(
  reader: SessionReader,
  value: string,
  request: ReaderRequest,
  engine: Engine,
): Promise<OldSession | undefined> {
  try {
    const found = begun(() => reader.read(value, request))
    if (!found || !('then' in found)) return found
    return await callStore(engine, `read of an old session (${reader.format})`, async () => found)
  } catch (error) {
    if (!(error instanceof SessionError) || error.code !== 'DAMAGED_RECORD') throw error
    engine.emit({ type: 'refused', reason: 'corrupt', error })
    return undefined
  }
}
