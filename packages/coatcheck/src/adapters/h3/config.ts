import type { DeviceBoundOption, SessionsOptions, SharedOptions } from '../../core/adapter.ts'
import type { Store } from '../../stores/store.ts'
import type { Anything } from '../../web.ts'

export type { Anything }
/** The values of a session. */
export type SessionData<T extends object = Record<string, Anything>> = Partial<T>
/** Values to set, or a function of those there are, which may also change them in place. It runs again when another request was faster. */
export type SessionUpdate<T extends object> =
  | Partial<T>
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that only changes what it is given returns nothing
  | ((data: SessionData<T>) => Partial<T> | undefined | void)

/** As of h3. */
export interface SessionCookieOptions {
  /** Default `/`. */
  readonly path?: string | undefined
  /** Default: this host only. */
  readonly domain?: string | undefined
  /** Always true for our own cookies. */
  readonly httpOnly?: boolean | undefined
  /** Default true. */
  readonly secure?: boolean | undefined
  /** Default `lax`. */
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none' | undefined
  readonly partitioned?: boolean | undefined
  /** Seconds until the browser forgets the cookie, which says nothing of the session. Default: until it is closed, or `maxAge` of the session. */
  readonly maxAge?: number | undefined
  readonly expires?: Date | undefined
  /** Accepted, and not used. */
  readonly encode?: ((value: string) => string) | undefined
  /** Accepted, and not used. */
  readonly priority?: 'low' | 'medium' | 'high' | undefined
  /** Accepted, and not used: pieces are as long as browsers take them. */
  readonly chunkMaxLength?: number | undefined
}

/** Options of the engine that have the same name here. */
type Engine = SharedOptions & DeviceBoundOption & Pick<SessionsOptions, 'absoluteTimeout' | 'encryptRecords' | 'chunks'>

/** How sessions of one name are kept. It may be written where it is used: plain values are compared, functions and stores by which they are. */
export interface SessionConfig extends Engine {
  /** At least 32 random characters; of a list, or of named ones, the first writes and all of them read. */
  readonly password: string | readonly string[] | Readonly<Record<string, string>>
  /** The cookie's name. Default `h3`. */
  readonly name?: string | undefined
  /** Seconds from when the session began, or was rotated, until it ends. Default 30 days, and a cookie until the browser is closed; at most 400 days. */
  readonly maxAge?: number | undefined
  /** Seconds since the session was last used after which it ends. Default: none but `maxAge`. */
  readonly idleTimeout?: number | undefined
  /** False: none is set; see `sealSession`. */
  readonly cookie?: false | SessionCookieOptions | undefined
  /** A header that goes before the cookie; false: none. Default `x-h3-session`, or `x-` + name + `-session`. */
  readonly sessionHeader?: false | string | undefined
  /** Where records live. Left out, the whole session is sealed in the cookie. */
  readonly store?: Store
  /** When a new visitor gets a session: from `useSession` on, as h3 says, or once there is something to store. Default `when-opened`. */
  readonly issue?: 'when-opened' | 'when-stored' | undefined
  /** `upstream`: the cookies of h3 itself, of the version that the event is of. Default: ours, and h3's are read. */
  readonly format?: 'upstream' | undefined
  /** False: seals of h3 1 are not read. Default true. */
  readonly legacySealFallback?: boolean | undefined
  /** Accepted, and not used: ours is XAES-256-GCM with keys of HKDF. */
  readonly seal?: object | undefined
  /** Accepted, and not used. */
  readonly crypto?: object | undefined
  /** Accepted, and not used: an id is drawn with the ticket. */
  readonly generateId?: (() => string) | undefined
}

/** A session, as it is at the moment it is looked at. */
export interface Session<T extends object = Record<string, Anything>> {
  /** Its public name, never usable as a ticket; undefined until it is stored. */
  readonly id: string | undefined
  /** Milliseconds since the epoch; undefined until it is stored. */
  readonly createdAt: number | undefined
  /** Whether nothing can be written, because the store could not be read (`whenStoreDown`). */
  readonly readOnly: boolean
  readonly data: SessionData<T>
}

/** A session and what can be done with it. What fails is also told at the end of the request, so none of it has to be awaited. */
export interface SessionManager<T extends object = Record<string, Anything>> {
  readonly id: string | undefined
  /** Whether nothing can be written, because the store could not be read (`whenStoreDown`). */
  readonly readOnly: boolean
  /** Changing it is as good as `update`, except that it is stored at the end of the request. */
  readonly data: SessionData<T>
  /** Sets values and stores them. Throws `BAD_VALUE`; rejects when the store fails. */
  update(update?: SessionUpdate<T>): Promise<SessionManager<T>>
  /** Ends the session for good and goes on with an empty one. */
  clear(): Promise<SessionManager<T>>
  /** The same values under a new id, their time counted from now. The old id shows for `grace` seconds what there was, then nothing. */
  rotate(): Promise<SessionManager<T>>
}
