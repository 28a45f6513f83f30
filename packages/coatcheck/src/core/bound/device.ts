import { SessionError } from '../../errors.ts'
import type { Bound } from '../model/standing.ts'

/** The device of a session that is shown in the interface of another library. */
export interface Device {
  /** As of `Session`. */
  readonly bound: Bound
  /** Throws `NOT_BOUND` unless `bound` is `bound`. */
  requireBound(): void
  /** As at a sign-in: the session gets a new id, and the browser is asked for a key. One that it had counts no more. */
  askForKey(): void
}

/** Under this name an object that shows a session in another library's interface has its device. A symbol of the process: an application may have two copies of this module. */
export const DEVICE: unique symbol = Symbol.for('coatcheck.device') as never

/**
 * The device of what `req.session`, `ctx.session`, `request.session` or `useSession(event)` gives with an adapter of this package that takes the
 * option `deviceBound`. Throws `NOT_WRAPPED` for any other object.
 */
export function deviceOf(session: object | null | undefined): Device {
  const live = (session as { readonly [DEVICE]?: Device } | null | undefined)?.[DEVICE]
  if (live)
    return {
      get bound() {
        return live.bound
      },
      requireBound: () => live.requireBound(),
      askForKey: () => live.askForKey(),
    }
  throw new SessionError('NOT_WRAPPED', 'deviceOf() was given no session of a request.', {
    fix: 'Pass what `req.session` (Express), `ctx.session` (Koa), `request.session` (Fastify) or `useSession(event)` gives.',
  })
}
