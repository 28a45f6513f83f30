import type { Maybe } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import type { ForeignReader, ForeignRequest, ForeignSession } from '../../migrate/format.ts'
import { tries } from './allowance.ts'
import { type Body, encodeBody } from '../model/contents.ts'
import type { Engine, Foreign, Held, Keeper } from '../engine.ts'
import { born, type Life } from '../model/lifetime.ts'
import { bodyOf, provenOwner } from '../persistence/plain.ts'
import { callStore } from '../persistence/store-call.ts'
import type { Arrival } from '../request/tickets.ts'

/** What another library kept for a visitor. */
export interface Found extends Foreign {
  readonly format: string
  /** The cookie it came in, which is cleared once ours takes its place. */
  readonly cookieName: string
  readonly via: 'header' | 'cookie'
  readonly forget?: () => Promise<void>
}

const LONGEST = 400 * 86_400_000
const LONGEST_COOKIE = 4096

/** How long a session that says so itself has to live; its time begins here when it says nothing. */
export function lifeIn({ createdAt, expiresAt, slidesUntil }: ForeignSession, { policy, now }: Engine): Life {
  const began = beginningOf(createdAt, now())
  const { endsAt, expiresAt: idleEnd } = born(policy, now())
  if (!Number.isFinite(expiresAt)) return { createdAt: began, endsAt, expiresAt: idleEnd }
  // Browsers keep no cookie for longer than 400 days (RFC 6265bis 5.5), so none says more.
  const end = Math.min(Math.floor(expiresAt as number), now() + LONGEST)
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
  readonly request: ForeignRequest
  /** In order. */
  readonly readers: readonly ForeignReader[]
}

export interface Adopted {
  readonly held?: Held
  /** See `Recognised`. */
  readonly over?: readonly Held[]
  readonly blocked?: SessionError | undefined
  readonly cannotEnd?: SessionError | undefined
  readonly foreign?: Found
  readonly via?: 'header' | 'cookie'
}

/**
 * The session that another library's cookie or header opens. Two different live ones of one name make the visitor anonymous, as two of
 * ours do: nobody can tell which of them somebody else put there.
 */
export async function adoptForeign(
  readers: readonly ForeignReader[],
  arrival: Arrival,
  { keeper, engine }: { readonly keeper: Keeper; readonly engine: Engine },
  request: ForeignRequest,
  arrivedAt: number,
): Promise<Adopted> {
  if (engine.now() >= engine.adoptsUntil) return {}
  let over: Adopted = {}
  for (const place of placesOf(readers, arrival, request)) {
    const alive = new Map<string, { held: Held; foreign: Found }>()
    for (const foreign of await foundAt(place, engine)) {
      const held = await keeper.adopt(foreign, arrivedAt)
      if ('refused' in held) {
        const { refused, handle, ends, blocked, cannotEnd } = held
        engine.emit({ type: 'refused', reason: refused, ...(handle !== undefined && { handle }) })
        if (!over.foreign) over = { over: ends ? [ends] : [], blocked, cannotEnd, foreign }
      } else if (!alive.has(held.handle)) alive.set(held.handle, { held, foreign })
    }
    const [one] = alive.values()
    if (alive.size > 1) {
      engine.emit({ type: 'refused', reason: 'duplicate' })
      return {}
    }
    if (one) {
      engine.emit({ type: 'adopted', format: one.foreign.format, handle: one.held.handle })
      return { ...one, via: place.via }
    }
  }
  return over
}

/** Names in the order in which readers name them; of ours, the header goes before the cookie. */
function placesOf(all: readonly ForeignReader[], { groups, named }: Arrival, request: ForeignRequest): Place[] {
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
      const presented = `${reader.format}\n${encodeBody({ ...kept.body, owner: undefined }, {})}`
      const more = { cookieName: request.cookieName, ...(forget && { forget: removal(forget, engine) }) }
      found.set(named ?? presented, { format: reader.format, via, ...kept, unique: named, presented, isGone: gone, ...more })
      break
    }
  }
  return found.values()
}

async function bodyAndLife(session: ForeignSession, engine: Engine): Promise<{ body: Body; life: Life }> {
  const { values, flash, ends, createdAt } = session
  const { body, unreadable } = bodyOf(values, flash, ends, await provenOwner(values, engine))
  for (const key of Object.keys({ ...unreadable.values, ...unreadable.flash })) engine.emit({ type: 'unreadable-value', key })
  // Its own end was counted by other rules; from here on ours count.
  const since = engine.now()
  const life = { ...born(engine.policy, since), createdAt: beginningOf(createdAt, since) }
  return { body: { ...body, ...(life.createdAt < since && { since }) }, life }
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
  reader: ForeignReader,
  value: string,
  request: ForeignRequest,
  engine: Engine,
): Promise<ForeignSession | undefined> {
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
