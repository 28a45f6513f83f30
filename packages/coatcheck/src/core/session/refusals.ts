import { SessionError } from '../../errors.ts'
import type { Happening } from '../model/events.ts'

// Why a session does not take a change.

export function ended(what: string): SessionError {
  return new SessionError('ENDED', `${what} was called after destroy().`)
}

export function tooLate(what: string): SessionError {
  return new SessionError('TOO_LATE', `The response headers have left, and ${what} would need a new cookie.`)
}

/** A key, a method, or words. */
const changeOf = (what: string): string => (/[ )]/.test(what) ? what : `A change of "${what}"`)

/** `fix`: what to do in the words of the framework. */
export function onlyLooks(what: string, fix: string | undefined): SessionError {
  const advice = fix === undefined ? {} : { fix }
  return new SessionError('READ_ONLY', `${changeOf(what)} was refused: this request only looks at the session.`, advice)
}

/** `cause`: what the store said when the session was opened. */
export function readOnly(what: string, cause: SessionError): SessionError {
  return new SessionError(
    'STORE_FAILED',
    `${changeOf(what)} was refused: the session is read-only, as its store could not be read.`,
    {
      fix: 'See `cause` for what the store reported, and ask `session.readOnly` first. Nothing was changed; nobody was logged out.',
      cause,
    },
  )
}

/** `bound`: how the session stands. */
export function notBound(bound: string): SessionError {
  return new SessionError('NOT_BOUND', `The session is not bound to a device, but \`${bound}\`.`)
}

/** What is to be known of the values is loaded when a session is opened. */
export const notOpened = (): SessionError =>
  new SessionError('BAD_OPTIONS', 'A session with a `schema`, a `version` or `codecs` was used before one was opened.', {
    fix: 'Await `sessions.open(request)` first.',
  })

/** The event of a commit that failed when there was no response left to say so. */
export function late(cause: unknown): Happening {
  const error = cause instanceof SessionError ? cause : new SessionError('STORE_FAILED', 'A late commit failed.', { cause })
  return { type: 'late-failed', error }
}
