import { SessionError } from '../../../errors.ts'
import type { Saved } from '../../engine.ts'
import type { SealedHeld } from '../sealed.ts'

export interface Held extends SealedHeld {
  /** Another request gave the session a new id, which this one wanted to do: nothing more of it may be stored. */
  readonly overtaken?: true
}

export function ended(signsIn: boolean): Saved {
  if (!signsIn) return { loaded: undefined, dropped: 'ended' }
  throw new SessionError('CONFLICT', 'The session ended while somebody signed in with it, and nobody is signed in.')
}

/** Tickets of one id may state several ends: its entry has to outlast them all. */
export function keeping(saved: Saved, { ends, lifetime }: SealedHeld): Saved {
  const { loaded } = saved
  return loaded
    ? { ...saved, loaded: { ...loaded, ends: Math.max(ends ?? lifetime.endsAt, loaded.lifetime.endsAt) } as Held }
    : saved
}
