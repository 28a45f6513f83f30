import { besides, type LiveSession } from '../../core/adapter.ts'
import type { SessionData, SessionUpdate } from './config.ts'

/** The object that `data` gives for each session: its values, until the session is cleared. */
const views = besides<{ values: object; readonly data: object } | undefined>()

/** The values of the session. Who has this object keeps what it held when the session is cleared, as in h3. */
export function dataOf(session: LiveSession): object {
  const known = views.get(session)
  if (known) return known.data
  const traps = { get: (_: object, trap: keyof typeof Reflect) => forwarded(trap) }
  const view = { values: session.data as object, data: new Proxy(Object.create(null), new Proxy({}, traps as never)) as object }
  const forwarded =
    (trap: keyof typeof Reflect) =>
    (_: object, ...rest: unknown[]): unknown =>
      Reflect.apply(Reflect[trap] as never, Reflect, [view.values, ...rest])
  views.set(session, view)
  return view.data
}

/** Ends what there was and goes on empty. */
export function clear(session: LiveSession): void {
  const view = views.get(session)
  const values = view && Object.assign(Object.create(null), Object.fromEntries(session.entries()))
  session.restart()
  if (view) view.values = values
  views.set(session, undefined)
}

/** A new id, also for a visitor who had none. */
export function rotate(session: LiveSession): void {
  session.renew()
  session.askForKey()
  session.begin()
}

export function assign<T extends object>(session: LiveSession, change: SessionUpdate<T>): void {
  if (typeof change === 'function') session.patch((data) => change(data as SessionData<T>))
  else for (const [key, value] of Object.entries(change ?? {})) session.set(key, value)
}
