import type { Engine, Held, Keeper } from './engine.ts'
import type { Arrival, Transport } from './transport.ts'

/** What belongs to all requests of one `createSessions`. */
export interface Core {
  readonly engine: Engine
  readonly keeper: Keeper
  readonly transport: Transport
}

export interface Recognised {
  readonly held?: Held
  readonly via?: 'header' | 'cookie'
  /** What a ticket that opens nothing can still end. */
  readonly ends?: Held
}

/**
 * The session that a request's tickets open. The header goes before the cookie, and a bad one does not hide a good one. Two different
 * live tickets in one place make the visitor anonymous: nobody can tell which of them somebody else put there.
 */
export async function recognise({ keeper, engine }: Core, arrival: Arrival): Promise<Recognised> {
  let ends: Held | undefined
  if (arrival.refused) engine.emit({ type: 'refused', reason: arrival.refused })
  for (const { via, values } of arrival.groups) {
    const alive = new Map<string, Held>()
    for (const ticket of values) {
      const found = await keeper.find(ticket)
      if ('refused' in found) {
        const { refused, ends: other, ...more } = found
        engine.emit({ type: 'refused', reason: refused, ...more })
        ends ??= other
        continue
      }
      // Two seals of one session: the one made later counts.
      const other = alive.get(found.handle)
      if (!other || other.life.expiresAt <= found.life.expiresAt) alive.set(found.handle, found)
    }
    const [held] = alive.values()
    if (alive.size > 1) engine.emit({ type: 'refused', reason: 'duplicate' })
    else if (held) {
      engine.emit({ type: 'loaded', handle: held.handle, kind: keeper.kind })
      return { held, via }
    }
  }
  return ends ? { ends } : {}
}
