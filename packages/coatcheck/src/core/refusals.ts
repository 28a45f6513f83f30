import { SessionError } from '../errors.ts'

// Why a session does not take a change.

export function ended(what: string): SessionError {
  return new SessionError('ENDED', `${what} was called after destroy().`)
}

export function tooLate(what: string): SessionError {
  return new SessionError('TOO_LATE', `The response headers have left, and ${what} would need a new cookie.`)
}

/** `cause`: what the store said when the session was opened. */
export function readOnly(what: string, cause: SessionError): SessionError {
  return new SessionError('STORE_FAILED', `${what} would change a session that is read-only: its store could not be read.`, {
    fix: 'See `cause` for what the store reported, and ask `session.readOnly` first. Nothing was changed; nobody was logged out.',
    cause,
  })
}
