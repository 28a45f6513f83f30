/** What can go wrong, and what to do about it. One row a code; `SessionError.fix` carries the second half. */
const FIXES = {
  BAD_OPTIONS: 'Correct this option where the sessions are created.',
  BAD_KEY: 'Use a non-empty string of well-formed text as the key.',
  BAD_VALUE:
    'Store plain data: numbers, strings, booleans, null, arrays, plain objects, Date, Map, Set, URL, BigInt, RegExp or typed arrays.',
  COOKIE_TOO_LARGE: 'Keep less in the session, set `chunks: true`, or give `createSessions` a store.',
  RECORD_TOO_LARGE: 'Keep less in the session, or use a store with a higher limit.',
  STORE_FAILED: 'See `cause` for what the store reported. Nobody was logged out.',
  DAMAGED_RECORD: 'Look at it, and remove it or put it right; its visitor goes on with a fresh session.',
  CONFLICT: 'Too many requests changed this session at once, or two people signed in from it. Let the visitor try again.',
  KEY_UNKNOWN:
    'Give every instance all secrets before any of them writes with the newest (docs/security.md, "Secrets"). Nothing was changed, and the ticket is left alone.',
  TOO_LATE: 'Change the session before the response headers are sent.',
  ENDED: 'The session was ended in this request. To go on with an empty one, call signOut() instead of destroy().',
  NO_DOOR:
    'Wrap the handler with `withSession(sessions, …)` of coatcheck/fetch, coatcheck/node or coatcheck/hono, and pass the request it was given: the `Request`, `req` or `c`.',
} as const

export type SessionErrorCode = keyof typeof FIXES

export interface SessionErrorOptions {
  /** What to do about it, when it is more exact than the code's own advice. */
  readonly fix?: string
  readonly cause?: unknown
}

/** `error` with other advice, where it has none but that of its code. */
export function advised(error: SessionError, fix: string): SessionError {
  const { code, message, cause } = error
  if (error.fix !== FIXES[code]) return error
  return new SessionError(code, message.slice(0, -error.fix.length - 1), { fix, ...('cause' in error && { cause }) })
}

/** The only error this library throws: `code` to branch on, `message` for what happened, `fix` for what to do. */
export class SessionError extends Error {
  override readonly name = 'SessionError'
  readonly code: SessionErrorCode
  readonly fix: string

  constructor(code: SessionErrorCode, what: string, options: SessionErrorOptions = {}) {
    const fix = options.fix ?? FIXES[code]
    super(`${what} ${fix}`, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.fix = fix
  }
}
