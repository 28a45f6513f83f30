/** What can go wrong, and what to do about it. One row a code; `SessionError.fix` carries the second half. */
const FIXES = {
  BAD_OPTIONS: 'Correct this option where the sessions are created.',
  BAD_KEY: 'Use a non-empty string of well-formed text as the key.',
  BAD_VALUE:
    'Store plain data: numbers, strings, booleans, null, arrays, plain objects, Date, Map, Set, URL, BigInt, RegExp or typed arrays.',
  COOKIE_TOO_LARGE: 'Keep less in the session, set `chunks: true`, or give `createSessions` a store.',
  INVALID_SESSION: 'See `onInvalid`.',
  RECORD_TOO_LARGE: 'Keep less in the session, or use a store with a higher limit.',
  STORE_FAILED: 'See `cause` for what the store reported. Nobody was logged out.',
  DAMAGED_RECORD: 'Look at it, and remove it or put it right; its visitor goes on with a fresh session.',
  CONFLICT: 'Too many requests changed this session at once, or two people signed in from it. Let the visitor try again.',
  KEY_UNKNOWN:
    'Give every instance all secrets before any of them writes with the newest (docs/secrets.md). Nothing was changed, and the ticket is left alone.',
  TOO_MANY_SESSIONS: 'Let the visitor end a session elsewhere first, or set `evict: "oldest"`. Nobody was signed in.',
  PARTLY_ENDED:
    'Call it again until it does not fail. `remaining` has the handles of what is left; see `cause` for what failed first.',
  SESSION_ENDED: 'Answer as you answer a visitor who has signed out.',
  ONCE_FAILED: 'See `cause` for what it threw there. Answer as you would if it had failed here.',
  TOO_LATE: 'Change the session before the response headers are sent.',
  NOT_FRESH:
    'Ask for the password, or whatever proves it, and then call signIn() or elevate(); send the visitor to the page that does.',
  NOT_BOUND: 'Let the visitor sign in again (docs/device-bound.md).',
  ENDED: 'The session was ended in this request. To go on with an empty one, call signOut() instead of destroy().',
  UPGRADE_REFUSED:
    'Add the origin of your page to `origins`, or set `allowWithoutOrigin: true` for clients that are no browsers.',
  READ_ONLY: 'Change the session in a request that answers the visitor: a form, an action, an endpoint.',
  PRERENDERING: 'Have the page made for each request, or read the session in the browser by a request of its own.',
  NOT_WRAPPED:
    'Wrap the handler with `withSession(sessions, …)` of coatcheck/fetch, coatcheck/node or coatcheck/hono, and pass the request it was given: the `Request`, `req` or `c`.',
} as const

export type SessionErrorCode = keyof typeof FIXES

export interface SessionErrorOptions {
  /** What to do about it, when it is more exact than the code's own advice. */
  readonly fix?: string
  readonly cause?: unknown
  readonly ended?: number
  readonly remaining?: readonly string[]
}

/** `error` with other advice, where it has none but that of its code. */
export function advised(error: SessionError, fix: string): SessionError {
  const { code, message, cause } = error
  if (error.fix !== FIXES[code]) return error
  return new SessionError(code, message.slice(0, -error.fix.length - 1), { fix, ...('cause' in error && { cause }) })
}

const OURS = Symbol.for('coatcheck.error')

/** The only error this library throws: `code` to branch on, `message` for what happened, `fix` for what to do. */
export class SessionError extends Error {
  override readonly name = 'SessionError'
  readonly code: SessionErrorCode
  readonly fix: string
  /** What HTTP answers such an error with, for frameworks that look for it: 401 (RFC 9110 15.5.2) for `NOT_FRESH` and `NOT_BOUND`. */
  declare readonly status?: 401
  /** Of `PARTLY_ENDED`: how many sessions were ended. */
  declare readonly ended?: number
  /** Of `PARTLY_ENDED`: handles of those that may live. */
  declare readonly remaining?: readonly string[]

  /** A bundler may make several copies of this library: an error of one is a `SessionError` for all. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    try {
      return (Object(value) as { readonly [OURS]?: unknown })[OURS] === true
    } catch {
      return false // what a store throws may throw when it is looked at
    }
  }

  constructor(code: SessionErrorCode, what: string, options: SessionErrorOptions = {}) {
    const fix = options.fix ?? FIXES[code]
    super(`${what} ${fix}`, 'cause' in options ? { cause: options.cause } : undefined)
    Object.defineProperty(this, OURS, { value: true })
    this.code = code
    this.fix = fix
    if (code === 'NOT_FRESH' || code === 'NOT_BOUND') this.status = 401
    const { ended, remaining } = options
    if (remaining) Object.assign(this, { ended, remaining })
  }
}

/** Says of which kind a value is without telling it: it may be a secret. */
export function kind(value: unknown): string {
  if (typeof value === 'string') return `a text of ${value.length} characters`
  if (typeof value === 'number') return `the number ${value}`
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : value === undefined ? 'missing' : `a ${typeof value}`
}

export function bad(option: string, what: string, fix: string): SessionError {
  return new SessionError('BAD_OPTIONS', `The option \`${option}\` ${what}.`, { fix })
}

type Kind = 'text' | 'number' | 'true or false' | 'function' | 'object' | 'Date' | 'list of texts'

const KINDS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number' && !Number.isNaN(value),
  'true or false': (value) => typeof value === 'boolean',
  function: (value) => typeof value === 'function',
  object: (value) => typeof value === 'object' && value !== null,
  Date: (value) => value instanceof Date,
  // Not `every`, which passes over the holes of a list.
  'list of texts': (value) => Array.isArray(value) && !Array.from(value).some((each) => typeof each !== 'string'),
}

const withArticle = (each: Kind) => (each === 'true or false' ? each : each === 'object' ? 'an object' : `a ${each}`)

/** By the option's name. */
export type Kinds = Readonly<Record<string, Kind | readonly Kind[]>>

/**
 * Refuses options of a kind that they cannot have, before anything is made of them: JavaScript checks no types. What is undefined is left
 * out, and names that `kinds` does not know are left alone. Throws `BAD_OPTIONS`; `prefix` stands before the name.
 */
export function checkKinds(options: object, kinds: Kinds, prefix = ''): void {
  if (!KINDS.object(options)) throw bad(prefix.slice(0, -1) || 'options', `is ${kind(options)}`, 'Pass an object.')
  for (const [name, allowed] of Object.entries(kinds)) {
    const value: unknown = (options as Readonly<Record<string, unknown>>)[name]
    const all = typeof allowed === 'string' ? [allowed] : allowed
    if (value !== undefined && !all.some((each) => KINDS[each](value)))
      throw bad(prefix + name, `is ${kind(value)}`, `Give ${all.map(withArticle).join(' or ')}, or leave it out.`)
  }
}
