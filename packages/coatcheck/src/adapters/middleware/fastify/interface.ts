import type { DeviceBoundOption, SharedOptions } from '../../../core/adapter.ts'
import type { SecureKey, Signer } from '../../../migrate/fastify.ts'
import type { Store } from '../../../stores/store.ts'
import type { ExpressStoreLike } from '../../../stores/wrapping/express-session.ts'
import type { CookieOptions } from './cookie.ts'
import type { LineOptions } from './line.ts'

/** What both interfaces take besides. */
export interface BesideOptions extends SharedOptions, DeviceBoundOption {
  /** The name on the request. Default `session`. */
  sessionName?: string | undefined
  /** A store of coatcheck/stores/…, or one that was written for express-session or @fastify/session. */
  store?: Store | ExpressStoreLike | undefined
  /** Seconds since a session began after which it ends, however often it is used. Default: none (400 days). */
  absoluteTimeout?: number | undefined
  encryptRecords?: boolean | undefined
}

/** The options of @fastify/session, and those of the engine. Without a `store` sessions are in memory. */
export interface SessionOptions extends BesideOptions {
  /** Newest first: the first writes, all of them read. A list may be changed while the process runs. A signer reads old cookies only. */
  secret?: string | string[] | Signer | undefined
  /** Newest first, where `secret` is a signer. */
  secrets?: string | readonly string[] | undefined
  /** The cookie's name. Default `sessionId`. */
  cookieName?: string | undefined
  cookie?: CookieOptions | undefined
  /** Before the values of cookies of @fastify/session; ours have none. */
  cookiePrefix?: string | undefined
  /** Stores sessions that hold nothing, too, and gives each visitor a cookie. Default true, as with @fastify/session. */
  saveUninitialized?: boolean | undefined
  /** Sends the cookie with each response, so that it ends `maxAge` after the last one. Default true, as with @fastify/session. */
  rolling?: boolean | undefined
  /** Accepted, and without effect: ids are random, and only their digest is in the store. */
  idGenerator?: ((request?: never) => string) | undefined
  /** Of old cookies: only `sha256`. */
  algorithm?: string | undefined
  /** Seconds since a session without `maxAge` was last used after which it ends. Default 7 days. */
  idleTimeout?: number | undefined
}

/** The options of @fastify/secure-session, and those of the engine. Without a `store` the session is sealed in its cookie. */
export interface SecureSessionOptions extends BesideOptions {
  /** 32 bytes, or their base64; of several the first seals, and each opens. */
  key?: SecureKey | readonly SecureKey[] | undefined
  /** Instead of `key`: a text of 32 bytes or more. */
  secret?: string | Uint8Array | undefined
  /** Accepted, and without effect: keys are derived otherwise. */
  salt?: string | Uint8Array | undefined
  /** The cookie's name. Default: the session's. */
  cookieName?: string | undefined
  /** Seconds since a session was last changed after which it ends. Default 86401. */
  expiry?: number | undefined
  /** The attributes of the cookie. Default: `httpOnly: true` and `sameSite: 'lax'`. `signed` has no effect: the cookie is sealed. */
  cookie?: (LineOptions & { signed?: boolean }) | undefined
  /** Another name of `cookie`. */
  cookieOptions?: (LineOptions & { signed?: boolean }) | undefined
}
