import type { Maybe } from '../crypto/maybe.ts'

/** A session as another library kept it. */
export interface OldSession {
  readonly values: Readonly<Record<string, unknown>>
  readonly flash?: Readonly<Record<string, unknown>>
  /** When a value ends before the session does, by its key: milliseconds since the epoch. */
  readonly ends?: Readonly<Record<string, number>>
  /** A name that may be shown, never a secret. */
  readonly id?: string
  /**
   * A secret text that no other session has: its id, or its whole seal. Parallel first requests that present it meet in one session,
   * and it opens nothing once that has ended. Left out: there is none, and each of them begins a session with the same values.
   */
  readonly unique?: string
  /** Milliseconds since the epoch. */
  readonly createdAt?: number
  /** Milliseconds since the epoch; left out: the other library set no end. */
  readonly expiresAt?: number
  /** Use moves `expiresAt`, but never past this. Default: use does not move it. */
  readonly slidesUntil?: number
  /** There is no record any more: `unique` alone may tell where the session went. */
  readonly gone?: true
  /** Removes the old record. Called once the session is kept here, or ended. */
  readonly forget?: () => Promise<void>
}

/** Gives undefined for what is not genuine. `mayDerive` is asked before each derivation; false: there were too many. */
export type Trial<T> = (mayDerive: () => boolean) => Maybe<T | undefined>

/** The rest of a request that a reader may look at. */
export interface ReaderRequest {
  readonly cookieName: string
  /** The value of another cookie as it stands in the header, for formats that use several. */
  cookie(name: string): string | undefined
  /** All values of another cookie; several of one name are in the browser when their paths or domains differ. */
  cookies?(name: string): readonly string[]
  /**
   * Asked once for each value that has the form of a format, before it costs a MAC, a key or a call of a store. False: so many were looked
   * into already, and this one opens nothing. Left out: no limit.
   */
  mayTry?(): boolean
  /** Runs a trial that derives keys which are slow by design, when it is its turn; undefined when there were too many. Left out: no limit. */
  slowly?<T>(trial: Trial<T>): Maybe<T | undefined>
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Where in a browser a cookie is; what it was set with. */
export interface OldAttributes {
  readonly domain?: string
  /** Default `/`. */
  readonly path?: string
  /** Default: as our own cookie's. */
  readonly secure?: boolean
  readonly partitioned?: boolean
}

/** Reads sessions that another library wrote. */
export interface SessionReader {
  /** The name of the format in events, such as `remix`. */
  readonly format: string
  /** The cookie that the other library used. Default: the same as ours. */
  readonly cookieName?: string
  /** The attributes of the other library's cookie: without them a browser keeps that cookie when ours takes its place. Default: path `/`. */
  readonly attributes?: OldAttributes
  /** Whether values are those of a session of this site; others open nothing. Default: all are. */
  readonly accepts?: (values: Readonly<Record<string, unknown>>) => boolean
  /** What `value`, as it stands in the Cookie header, holds; undefined for what is not of this format, not genuine or over. Never throws for it. */
  read(value: string, request: ReaderRequest): Maybe<OldSession | undefined>
}

/** Also writes another library's cookies, which hold the session themselves. */
export interface UpstreamFormat extends SessionReader {
  /** The cookie's value, as it is to stand in Set-Cookie. */
  write(session: OldSession & { readonly id: string; readonly createdAt: number; readonly now: number }): Maybe<string>
}

/** How another library shows the id of a record in a cookie. */
export interface IdFormat {
  readonly format: string
  /** The cookie's value, as it is to stand in Set-Cookie. */
  write(id: string): Maybe<string>
  /** undefined for what is not of this format or not genuine. */
  read(value: string): Maybe<string | undefined>
}
