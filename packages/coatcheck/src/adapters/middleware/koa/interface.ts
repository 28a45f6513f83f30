import type { DeviceBoundOption, SharedOptions } from '../../../core/adapter.ts'
import type { KoaStoreLike } from '../../../stores/shared/koa-session.ts'
import type { Store } from '../../../stores/store.ts'
import type { LineOptions } from './line.ts'
import type { Session } from './session.ts'

/** The options of koa-session, and those of the engine. */
export interface SessionOptions extends SharedOptions, DeviceBoundOption, LineOptions {
  /** The cookie's name. Default `koa.sess`. */
  key?: string | undefined
  /** Milliseconds since the session was last changed after which it ends; `session`: when the browser closes. Default 1 day, in a cookie without an end. */
  maxAge?: number | 'session' | undefined
  /** False: only `save()`, `regenerate()` and `manuallyCommit()` store anything. Default true. */
  autoCommit?: boolean | undefined
  /** Accepted, and without effect: a response has one cookie of this name at most. */
  overwrite?: boolean | undefined
  /** Whether the cookies of koa-session were signed. Ours always need `app.keys`. Default true. */
  signed?: boolean | undefined
  /** The session's time begins again with each response that used it. Default false. */
  rolling?: boolean | undefined
  /** The session's time begins again with a use after half of it. Default false. */
  renew?: boolean | undefined
  /** A store of coatcheck/stores/…, or one that was written for koa-session. Default: the session is sealed in the cookie. */
  store?: Store | KoaStoreLike | undefined
  /** A class of such stores; each request makes one. */
  ContextStore?: (new (ctx: never) => KoaStoreLike) | undefined
  /** Where the ticket is instead of the cookie. */
  externalKey?: { get(ctx: never): string | undefined; set(ctx: never, key: string): void } | undefined
  /** Reads the cookies of koa-session; ours are sealed. */
  decode?: ((text: string) => unknown) | undefined
  /** Accepted, and without effect: the cookie is sealed. */
  encode?: ((session: never) => string) | undefined
  /** Accepted, and without effect: ids are random, and only their digest is in the store. */
  genid?: ((ctx: never) => string) | undefined
  /** Before each key in a store that was written for koa-session. */
  prefix?: string | undefined
  /** False: the request goes on without this session, which stays as it is. */
  valid?: ((ctx: never, session: Record<string, unknown>) => unknown) | undefined
  beforeSave?: ((ctx: never, session: Session) => void) | undefined
  /** Newest first. Default: `app.keys`, which must be a list then. */
  secrets?: string | readonly string[] | undefined
  /** Seconds since a session of `maxAge: 'session'` was last used after which it ends. Default 7 days. */
  idleTimeout?: number | undefined
  /** Seconds since a session began after which it ends, however often it is used. Default: none (400 days). */
  absoluteTimeout?: number | undefined
  encryptRecords?: boolean | undefined
}
