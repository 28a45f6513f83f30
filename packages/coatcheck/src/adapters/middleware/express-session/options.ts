import {
  type AnySessions,
  type DeviceBoundOption,
  rollingPolicy,
  type SharedOptions,
  sessionsOf,
  sharedOptions,
} from '../../../core/adapter.ts'
import { SessionError } from '../../../errors.ts'
import { expressSession } from '../../../migrate/express-session.ts'
import type { Secret } from '../../../migrate/signed.ts'
import { memoryStore } from '../../../stores/memory.ts'
import type { Store } from '../../../stores/store.ts'
import { type ExpressStoreLike, expressStore } from '../../../stores/wrapping/express-session.ts'
import { engineCookie } from '../koa/line.ts'
import type { CookieOptions } from './cookie.ts'
import type { Http } from './http.ts'

/** The options of express-session, and those of the engine. */
export interface SessionOptions extends SharedOptions, DeviceBoundOption {
  /** Newest first: the first writes, all of them read. Default: `req.secret`, which cookie-parser sets. */
  secret?: Secret | readonly Secret[] | undefined
  /** The cookie's name. Default `connect.sid`. */
  name?: string | undefined
  /** An older name of `name`. */
  key?: string | undefined
  /** A store of coatcheck/stores/…, or one that was written for express-session. Default: memory. */
  store?: Store | ExpressStoreLike | undefined
  cookie?: CookieOptions | ((req: never) => CookieOptions) | undefined
  /** Sends the cookie with each response, so that it ends `maxAge` after the last one. Default false. */
  rolling?: boolean | undefined
  /** Accepted, and without effect: a session that nobody changed is never written over a parallel change. */
  resave?: boolean | undefined
  /** Stores sessions that hold nothing, too, and gives each visitor a cookie. Default true, as with express-session. */
  saveUninitialized?: boolean | undefined
  /** What `req.session = null` and `delete req.session` do: end the session, or forget the changes of this request. Default `keep`. */
  unset?: 'destroy' | 'keep' | undefined
  /** Whether `X-Forwarded-Proto` tells that a request came over HTTPS. Default: as `req.secure` says. */
  proxy?: boolean | undefined
  /** Accepted, and without effect: ids are random, and only their digest is in the store. */
  genid?: ((req: never) => string) | undefined
  /** Seconds since a session without `maxAge` was last seen after which it ends. Default 7 days. */
  idleTimeout?: number | undefined
  /** Seconds since a session began after which it ends, however often it is used. Default: none (400 days). */
  absoluteTimeout?: number | undefined
  encryptRecords?: boolean | undefined
}

const DAY = 86_400
const LONGEST = 400 * DAY
const WEEK = 7 * DAY

/** What the middleware needs to know. */
export interface Setup {
  readonly name: string
  readonly store: Store
  readonly upstream: ExpressStoreLike | undefined
  /** undefined: the secret is that of each request. */
  readonly secrets: readonly Secret[] | undefined
  cookieOf(req: Http): CookieOptions
  /** The default of `maxAge`, in milliseconds. */
  readonly maxAge: number | undefined
  /** How long a session without `maxAge` lasts unless it is seen again, in milliseconds. */
  readonly idle: number
  readonly options: SessionOptions
}

export function setupOf(options: SessionOptions): Setup {
  const { genid, unset, secret, cookie = {}, store } = options
  if (genid !== undefined && typeof genid !== 'function') throw new TypeError('genid option must be a function')
  if (unset && unset !== 'destroy' && unset !== 'keep') throw new TypeError('unset option must be "destroy" or "keep"')
  if (Array.isArray(secret) && secret.length === 0) throw new TypeError('secret option array must contain one or more strings')
  const upstream = isOurs(store) ? undefined : store
  const maxAge = typeof cookie === 'object' ? cookie.maxAge : undefined
  return {
    name: options.name || options.key || 'connect.sid',
    store: isOurs(store) ? store : store ? expressStore(store, options.now && { now: options.now }) : memoryStore(),
    upstream,
    secrets: secret ? [secret].flat() : undefined,
    cookieOf: (req) => (typeof cookie === 'function' ? cookie(req as never) : cookie),
    maxAge: typeof maxAge === 'number' ? maxAge : undefined,
    idle: (options.idleTimeout ?? WEEK) * 1000,
    options,
  }
}

const isOurs = (store: object | undefined): store is Store => store !== undefined && 'create' in store && 'update' in store

/** The sessions of a site whose secrets are these. */
export function sessionsWith({ name, store, upstream, maxAge, options }: Setup, secrets: readonly Secret[]): AnySessions {
  const { encryptRecords, idleTimeout, absoluteTimeout = LONGEST, migrateFrom = [] } = options
  const seconds = maxAge === undefined ? undefined : Math.ceil(maxAge / 1000)
  if (seconds !== undefined && !(seconds > 0 && seconds <= LONGEST)) {
    throw new SessionError('BAD_OPTIONS', 'The option `cookie.maxAge` is no time that a session can last.', {
      fix: 'Give milliseconds from 1 up to 400 days, or leave it out.',
    })
  }
  const idle = Math.min(seconds ?? idleTimeout ?? WEEK, absoluteTimeout)
  const fixed = options.absoluteTimeout !== undefined
  return sessionsOf(
    {
      ...sharedOptions(options),
      secrets: secrets.map(textOf),
      secretRule: 'warn',
      store,
      ...engineCookie(name, options, typeof options.cookie === 'object' ? options.cookie : {}),
      // The adapter writes the line: it depends on the session's own cookie.
      migrateFrom: [
        ...(upstream ? [expressSession({ secret: secrets, store: upstream, cookieName: name })] : []),
        ...migrateFrom,
      ],
      idleTimeout: idle,
      absoluteTimeout,
      ...(encryptRecords !== undefined && { encryptRecords }),
    },
    { policy: rollingPolicy({ idle, absolute: absoluteTimeout, fixed, rolls: seconds }) },
  )
}

/** The same text for the same bytes, which is theirs where they are one: so `Buffer.from(text)` and the text are one secret. */
function textOf(secret: Secret): string {
  if (!(secret instanceof Uint8Array)) return secret
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(secret)
  } catch {
    return Array.from(secret, (byte) => byte.toString(16).padStart(2, '0')).join('')
  }
}
