import { SessionError } from '../../errors.ts'
import type { SessionData, SessionManager } from '../h3/config.ts'

/** Throws: what a cached handler answers is for everybody, so that it has no session to change. */
export function cached(): never {
  throw new SessionError(
    'TOO_LATE',
    'The answer of a cached handler is kept for every visitor, so no session can be changed in it.',
    {
      fix: 'Change it in a handler that is not cached. If this one is not, something changed the `Cookie` or `User-Agent` of the request before.',
    },
  )
}

/** The session in a cached handler: there is nothing in it, and each attempt to change it throws. */
export function nobody<T extends object>(): SessionManager<T> & { readonly createdAt: undefined } {
  const data: SessionData<T> = new Proxy({}, { set: cached, defineProperty: cached, deleteProperty: cached })
  return { id: undefined, createdAt: undefined, readOnly: true, data, update: cached, clear: cached, rotate: cached }
}
