import { SessionError } from '../../errors.ts'
import type { SessionReader } from '../../migrate/format.ts'
import type { Engine, LoadedSession, Persistence } from '../engine.ts'
import { allowance, MOST_TRIES, tries } from '../migration/allowance.ts'
import { type Found, readOldSession } from '../migration/old-session.ts'
import type { RefusalReason } from '../model/events.ts'
import { keyUnknown, newerRelease } from '../persistence/stored/pending-commit.ts'
import type { IncomingTickets, Transport } from './tickets.ts'

/** What belongs to all requests of one `createSessions`. */
export interface Core {
  readonly engine: Engine
  readonly persistence: Persistence
  readonly transport: Transport
  /** Readers of what other libraries wrote. */
  readonly migrateFrom: readonly SessionReader[]
}

export interface LoadResult {
  readonly loaded?: LoadedSession
  readonly via?: 'header' | 'cookie'
  /** The ticket that opened it. */
  readonly ticket?: string
  /** Where another library kept it. */
  readonly migrated?: Found
  /** What tickets that open nothing stand for: a sign-out ends it as well. */
  readonly over?: readonly LoadedSession[]
  /** Why nothing may be written, except by somebody who signs in. */
  readonly blocked?: SessionError | undefined
  /** Why a sign-out cannot be carried out. */
  readonly cannotEnd?: SessionError | undefined
  /** What the store said, where a store that cannot be read fails no request. */
  readonly down?: SessionError
}

/** What costs nothing of this to refuse takes no place of a ticket. */
const CHEAP: ReadonlySet<RefusalReason> = new Set(['malformed', 'unknown-version', 'unknown-key'])

/** What a request's tickets open. Rejects when the store cannot be read, unless `whenStoreDown` says otherwise. */
export async function loadSession(core: Core, incoming: IncomingTickets, arrivedAt: number): Promise<LoadResult> {
  const { whenStoreDown, emit } = core.engine
  try {
    return await opened(core, incoming, arrivedAt)
  } catch (error) {
    if (whenStoreDown === 'fail' || !(error instanceof SessionError) || error.code !== 'STORE_FAILED') throw error
    emit({ type: 'store-down', error })
    return { down: error }
  }
}

/**
 * The session that a request's tickets open. The header goes before the cookie, and a bad one does not hide a good one. Two different
 * live tickets in one place make the visitor anonymous: nobody can tell which of them somebody else put there.
 */
async function opened(core: Core, incoming: IncomingTickets, arrivedAt: number): Promise<LoadResult> {
  const { persistence, engine } = core
  const { slowly, blocked: busy } = allowance(engine)
  const request = { ...incoming.request(engine.now()), slowly }
  const over: LoadedSession[] = []
  let blocked: SessionError | undefined
  let cannotEnd: SessionError | undefined
  if (incoming.refused) engine.emit({ type: 'refused', reason: incoming.refused })
  for (const { via, values } of incoming.groups) {
    const alive = new Map<string, { loaded: LoadedSession; ticket: string }>()
    let tried = 0
    const asked = { ...request, mayTry: tries() }
    for (const ticket of values) {
      if (tried === MOST_TRIES) break
      const found = await persistence.find(ticket, asked, arrivedAt)
      if ('refused' in found) {
        const { refused, ends, ...more } = found
        engine.emit({
          type: 'refused',
          reason: refused,
          ...(more.handle !== undefined && { handle: more.handle }),
          ...(more.error && { error: more.error }),
        })
        if (!CHEAP.has(refused)) tried++
        if (ends) over.push(ends)
        blocked ??= more.blocked ?? unreadHere(refused, ticket, engine)
        cannotEnd ??= more.cannotEnd
        continue
      }
      tried++
      // Two seals of one session: the one made later counts.
      const other = alive.get(found.handle)
      if (!other || other.loaded.lifetime.expiresAt <= found.lifetime.expiresAt)
        alive.set(found.handle, { loaded: found, ticket })
    }
    // Of a session and its own old ticket, which a cookie of another path may hold for longer, the session counts.
    for (const { loaded } of [...alive.values()]) if (alive.has(loaded.leadsTo ?? '')) alive.delete(loaded.handle)
    const [one] = alive.values()
    if (alive.size > 1) {
      engine.emit({ type: 'refused', reason: 'duplicate' })
      over.push(...Array.from(alive.values(), ({ loaded }) => loaded))
    } else if (one) {
      engine.emit({ type: 'loaded', handle: one.loaded.handle, kind: persistence.kind })
      return { ...one, via, over }
    }
  }
  // Ours goes before it, since an old cookie on another path stays in the browser.
  const adopted = await readOldSession(core.migrateFrom, incoming, core, request, arrivedAt)
  if (adopted.loaded) return { over, ...adopted }
  return {
    ...adopted,
    over: [...over, ...(adopted.over ?? [])],
    blocked: blocked ?? adopted.blocked ?? busy(),
    cannotEnd: cannotEnd ?? adopted.cannotEnd,
  }
}

/** Of what another instance may be able to read: it must not be replaced here. */
function unreadHere(reason: RefusalReason, ticket: string, { unknownKeys, now }: Engine): SessionError | undefined {
  const isNewer = reason === 'unknown-version' && LATER.test(ticket)
  if (!(isNewer || reason === 'unknown-key') || !unknownKeys?.mayBeNew(ticket, now())) return undefined
  return isNewer ? newerRelease() : keyUnknown('The visitor came with a ticket')
}

/** A ticket of one of the next five versions, as base64url; anything else is no ticket of ours. */
const LATER = /^(?:A[w-z0-9_-]|B)[\w-]{30,}$/
