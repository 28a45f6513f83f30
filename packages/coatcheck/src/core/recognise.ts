import { SessionError } from '../errors.ts'
import type { ForeignReader } from '../foreign/format.ts'
import { allowance } from './allowance.ts'
import type { Engine, Held, Keeper } from './engine.ts'
import { adoptForeign, type Found } from './foreign.ts'
import type { Arrival, Transport } from './transport.ts'

/** What belongs to all requests of one `createSessions`. */
export interface Core {
  readonly engine: Engine
  readonly keeper: Keeper
  readonly transport: Transport
  /** Readers of what other libraries wrote. */
  readonly foreign: readonly ForeignReader[]
}

export interface Recognised {
  readonly held?: Held
  readonly via?: 'header' | 'cookie'
  /** The ticket that opened it. */
  readonly ticket?: string
  /** Where another library kept it. */
  readonly foreign?: Found
  /** What a ticket that opens nothing can still end. */
  readonly ends?: Held
  /** What the store said, where a store that cannot be read fails no request. */
  readonly down?: SessionError
}

/** What a request's tickets open. Rejects when the store cannot be read, unless `whenStoreDown` says otherwise. */
export async function recognise(core: Core, arrival: Arrival): Promise<Recognised> {
  const { whenStoreDown, emit } = core.engine
  try {
    return await opened(core, arrival)
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
async function opened(core: Core, arrival: Arrival): Promise<Recognised> {
  const { keeper, engine } = core
  const request = { ...arrival.request(engine.now()), mayDerive: allowance(engine) }
  let ends: Held | undefined
  if (arrival.refused) engine.emit({ type: 'refused', reason: arrival.refused })
  for (const { via, values } of arrival.groups) {
    const alive = new Map<string, { held: Held; ticket: string }>()
    for (const ticket of values) {
      const found = await keeper.find(ticket, request)
      if ('refused' in found) {
        const { refused, ends: other, ...more } = found
        engine.emit({ type: 'refused', reason: refused, ...more })
        ends ??= other
        continue
      }
      // Two seals of one session: the one made later counts.
      const other = alive.get(found.handle)
      if (!other || other.held.life.expiresAt <= found.life.expiresAt) alive.set(found.handle, { held: found, ticket })
    }
    const [one] = alive.values()
    if (alive.size > 1) engine.emit({ type: 'refused', reason: 'duplicate' })
    else if (one) {
      engine.emit({ type: 'loaded', handle: one.held.handle, kind: keeper.kind })
      return { ...one, via }
    }
  }
  // Ours goes before it, since an old cookie on another path stays in the browser.
  const adopted = await adoptForeign(core.foreign, arrival, core, request)
  return { ...(ends && { ends }), ...adopted }
}
