// The types of Remix and React Router, property by property: code that is typed against theirs takes ours.
import type { NewIdOptions } from '../../core/session/types.ts'
import type { WebRequest } from '../../web.ts'
import type { Anything, CookieParseOptions, CookieSerializeOptions, ExactSerializeOptions } from './line.ts'

export interface SessionData {
  [name: string]: Anything
}

/** Values and, as `__flash_<key>__`, flash values. */
export type FlashSessionData<Data, FlashData> = Partial<
  Data & { [Key in keyof FlashData as `__flash_${Key & string}__`]: FlashData[Key] }
>

/**
 * What a session holds. Where values and flash values are of one type, without the names of the latter: from those no function that takes
 * a storage of the framework's own type could tell which type that is.
 */
type Contents<Data, FlashData> = [Data, FlashData] extends [FlashData, Data] ? Partial<Data> : FlashSessionData<Data, FlashData>

/** A session as Remix and React Router have it. */
export interface Session<Data = SessionData, FlashData = Data> {
  /** The session's public name, empty while it is not stored. It opens nothing. */
  readonly id: string
  /** A copy of the values, and of the flash values as `__flash_<key>__`. */
  readonly data: Contents<Data, FlashData>
  has(name: (keyof Data | keyof FlashData) & string): boolean
  /** The value, or the flash value of this name, which is then gone. */
  get<Key extends (keyof Data | keyof FlashData) & string>(
    name: Key,
  ): (Key extends keyof Data ? Data[Key] : undefined) | (Key extends keyof FlashData ? FlashData[Key] : undefined) | undefined
  set<Key extends keyof Data & string>(name: Key, value: Data[Key]): void
  /** Leaves a value that can be read once. */
  flash<Key extends keyof FlashData & string>(name: Key, value: FlashData[Key]): void
  unset(name: keyof Data & string): void
}

/** Further members of this package's sessions. */
export interface CoatcheckSession<Data = SessionData, FlashData = Data> extends Session<Data, FlashData> {
  /** Whether nothing can be written, because the store could not be read (`whenStoreDown`). */
  readonly readOnly: boolean
  /** Changes a value by what it was; run again on the fresh value when another request was faster. */
  update<Key extends keyof Data & string>(name: Key, change: (value: Data[Key] | undefined) => Data[Key]): Data[Key]
  /** A new id; the old ticket shows for `grace` seconds what there was, then nothing. For a sign-in. */
  regenerateId(options?: NewIdOptions): void
  /** Makes this the session of a user, under a new id. */
  signIn(owner: string, options?: NewIdOptions): void
}

/** A storage as Remix and React Router have it. */
export interface SessionStorage<Data = SessionData, FlashData = Data> {
  getSession: (cookieHeader?: string | null, options?: CookieParseOptions) => Promise<Session<Data, FlashData>>
  commitSession: (session: Session<Data, FlashData>, options?: ExactSerializeOptions) => Promise<string>
  destroySession: (session: Session<Data, FlashData>, options?: ExactSerializeOptions) => Promise<string>
}

/** A storage of this package. */
export interface CoatcheckStorage<Data = SessionData, FlashData = Data> extends SessionStorage<Data, FlashData> {
  /**
   * The session of a Cookie header, or of a request. Calls of one request that present the same live ticket get the same session, on Node,
   * on Deno and inside `withSession`. Who presents none gets a new session each time; inside `withSession`, one for each request that is
   * given as `Request`.
   */
  getSession: (given?: string | null | WebRequest, options?: CookieParseOptions) => Promise<CoatcheckSession<Data, FlashData>>
  /**
   * Stores what changed; the Set-Cookie line. Where there is nothing to tell the visitor it is a line that browsers neither keep nor drop
   * a cookie for. Rejects with `BAD_OPTIONS` for a session of another storage.
   */
  commitSession: (session: Session<Data, FlashData>, options?: CookieSerializeOptions) => Promise<string>
  /** Ends the session for good; the line that removes the cookie. Rejects with `BAD_OPTIONS` for a session of another storage. */
  destroySession: (session: Session<Data, FlashData>, options?: CookieSerializeOptions) => Promise<string>
  /** Wraps a handler, so that inside it `getSession(request)` of the request that it was given is one session, of a new visitor too. */
  withSession<Args extends unknown[], R>(
    handler: (request: WebRequest, ...args: Args) => R,
  ): (request: WebRequest, ...args: Args) => R
}
