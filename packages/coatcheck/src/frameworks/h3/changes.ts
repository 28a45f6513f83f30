import type { LiveSession } from '../../core/face.ts'
import type { SessionData, SessionUpdate } from './config.ts'

/** A new id, also for a visitor who had none. */
export function rotate(session: LiveSession): void {
  session.renew()
  session.begin()
}

export function assign<T extends object>(session: LiveSession, change: SessionUpdate<T>): void {
  if (typeof change === 'function') session.patch((data) => change(data as SessionData<T>))
  else for (const [key, value] of Object.entries(change ?? {})) session.set(key, value)
}
