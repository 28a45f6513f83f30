import type { Maybe } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import type { OldSession, ReaderRequest, SessionReader } from '../../migrate/format.ts'
import type { Engine, LoadedSession, MigratingSession, Persistence } from '../engine.ts'
import { type Contents, encode } from '../model/contents.ts'
import { type Lifetime, LONGEST_LIFE, newLifetime } from '../model/lifetime.ts'
import { bodyOf, provenOwner } from '../persistence/plain.ts'
import { callStore } from '../persistence/store-call.ts'
import type { IncomingTickets } from '../request/incoming.ts'
import { tries } from './allowance.ts'

/** What another library kept for a visitor. */
export interface Found extends MigratingSession {
  readonly format: string
  /** The cookie it came in, which is cleared once ours takes its place. */
  readonly cookieName: string
  readonly via: 'header' | 'cookie'
  readonly forget?: () => Promise<void>
}

const LONGEST_COOKIE = 4096

/** How long a session that says so itself has to live; its time begins here when it says nothing. */
export function lifeIn({ createdAt, expiresAt, slidesUntil }: OldSession, { policy, now }: Engine): Lifetime {
  const began = beginningOf(createdAt, now())
  const { endsAt, expiresAt: idleEnd } = newLifetime(policy, now())
  if (!Number.isFinite(expiresAt)) return { createdAt: began, endsAt, expiresAt: idleEnd }
  // Browsers keep no cookie for longer than 400 days (RFC 6265bis 5.5), so none says more.
  const end = Math.min(Math.floor(expiresAt as number), now() + LONGEST_LIFE)
  const last = slidesUntil === undefined ? end : Math.floor(Math.min(slidesUntil, began + policy.absolute))
  return { createdAt: began, endsAt: Math.max(last, end), expiresAt: end }
}

/** When it began, in a form that we can write; what says nothing of use began now. */
function beginningOf(createdAt: number | undefined, now: number): number {
  return Number.isFinite(createdAt) ? Math.max(0, Math.min(Math.floor(createdAt as number), now)) : now
}

/** What came under one name, by one way. */
interface Place {
  readonly via: 'header' | 'cookie'
  readonly values: readonly string[]
  readonly request: ReaderRequest
  /** In order. */
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
 * The session that another library's cookie or header opens. Two different live ones of one name make the visitor anonymous, as two of
 * ours do: nobody can tell which of them somebody else put there.
 */
export async function readOldSession(
  readers: readonly SessionReader[],
  incoming: IncomingTickets,
  { persistence, engine }: { readonly persistence: Persistence; readonly engine: Engine },
  request: ReaderRequest,
  arrivedAt: number,
): Promise<Adopted> {
  if (engine.now() >= engine.adoptsUntil) return {}
  let over: Adopted = {}
  for (const place of placesOf(readers, incoming, request)) {
    const alive = new Map<string, { loaded: LoadedSession; migrated: Found }>()
    for (const found of await foundAt(place, engine)) {
      const loaded = await persistence.adopt(found, arrivedAt)
      if ('refused' in loaded) {
        const { refused, handle, ends, blocked, cannotEnd } = loaded
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

/** Names in the order in which readers name them; of ours, the header goes before the cookie. */
function placesOf(all: readonly SessionReader[], { groups, named }: IncomingTickets, request: ReaderRequest): Place[] {
  const ours = request.cookieName
  const names = new Set(all.map(({ cookieName = ours }) => cookieName))
  return [...names].flatMap((name): Place[] => {
    const readers = all.filter(({ cookieName = ours }) => cookieName === name)
    if (name === ours) return groups.map((group) => ({ ...group, request, readers }))
    return [{ via: 'cookie', values: named(name).values, request: { ...request, cookieName: name }, readers }]
  })
}

/** Of each value what the first reader that knows it makes of it; values that say the same are one. */
async function foundAt({ values, readers, request, via }: Place, engine: Engine): Promise<Iterable<Found>> {
  const found = new Map<string, Found>()
  if (values.length === 0) return []
  const asking = readers.map((reader) => ({ reader, asked: { ...request, mayTry: tries() } }))
  for (const value of values) {
    // Ours in several pieces: other libraries put theirs together themselves, and no browser keeps a longer one (RFC 6265bis 5.6).
    if (via === 'cookie' && value.length > LONGEST_COOKIE) continue
    for (const { reader, asked } of asking) {
      const session = await read(reader, value, asked, engine)
      if (!session || (session.expiresAt ?? Number.POSITIVE_INFINITY) <= engine.now()) continue
      if (!session.gone && reader.accepts?.(session.values) === false) continue
      const { unique, gone = false, forget } = session
      const named = unique === undefined ? undefined : `${reader.format} ${unique}`
      const kept = await bodyAndLife(session, engine)
      // What it says, in one spelling: a cookie can be spelled in several.
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
  // Its own end was counted by other rules; from here on ours count.
  const since = engine.now()
  const lifetime = { ...newLifetime(engine.policy, since), createdAt: beginningOf(createdAt, since) }
  return { contents: { ...contents, ...(lifetime.createdAt < since && { since }) }, lifetime }
}

const removal = (forget: () => Promise<void>, engine: Engine) => () =>
  callStore(engine, 'the removal of an old session', async () => forget())

/** What throws at once rejects. */
function begun<T>(run: () => Maybe<T>): Maybe<T> {
  try {
    return run()
  } catch (error) {
    return Promise.reject(error)
  }
}

/**
 * A record that is damaged stays where it is, and its visitor goes on without it; a store that fails, or is late, fails. What is read at
 * once asked no store, and needs no timer.
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
