import type { NodeResponse, SharedOptions } from '../../core/adapter.ts'
import type { Store } from '../../stores/store.ts'
import type { SomeHeaders, WebResponse } from '../../web.ts'

/** One, or several by their numbers: the highest seals, all of them open. */
export type Password = string | Record<string, string>

/** The attributes of the cookie, with the names and units of the cookie package. */
export interface CookieOptions {
  /** Seconds; undefined: the browser forgets the cookie when it closes, and `ttl` is 0. Default: `ttl` without a minute. */
  maxAge?: number | undefined
  expires?: Date | undefined
  domain?: string | undefined
  /** Default `/`. */
  path?: string | undefined
  /** Default true. */
  httpOnly?: boolean | undefined
  /** Default true. */
  secure?: boolean | undefined
  partitioned?: boolean | undefined
  priority?: 'low' | 'medium' | 'high' | undefined
  /** Default `lax`. */
  sameSite?: boolean | 'lax' | 'strict' | 'none' | undefined
}

/** Why a cookie opened nothing. */
export type UnsealErrorReason = 'expired' | 'invalid' | 'unknown-password'

/** The options of iron-session, and those of the engine. */
export interface SessionOptions extends SharedOptions {
  cookieName: string
  /** At least 32 characters. */
  password: Password
  /** Seconds from the last `save()` until the session ends; 0: 400 days. Default 1209600, fourteen days. */
  ttl?: number
  cookieOptions?: CookieOptions
  /** Told when a cookie came and opened nothing. Must not throw. */
  onUnsealError?: (reason: UnsealErrorReason, error: unknown) => void
  /** Spreads a session of over 4096 bytes over several cookies, instead of failing. Default false. */
  chunk?: boolean
  /** Where sessions live. Left out, the whole session is sealed in the cookie. */
  store?: Store
  /** Seals the records too. Default false. */
  encryptRecords?: boolean
  /** `upstream`: the cookies of iron-session itself, which it can read. Default: ours, and iron-session's are read. */
  format?: 'upstream'
}

/** The values, and what can be done with the session. */
export type IronSession<T> = Partial<T> & {
  /** Stores the session and sends its cookie. */
  readonly save: () => Promise<void>
  /** Ends the session and takes its cookie away. With a store: await it. */
  readonly destroy: () => Promise<void>
  /** Other options from here on; `save()` makes them count. */
  readonly updateConfig: (newSessionOptions: SessionOptions) => void
}

/** A cookie with its name, as browsers' CookieStore and Next.js have it: what is there is not undefined. */
interface ResponseCookie {
  name: string
  value: string
  expires?: Date | number
  maxAge?: number
  domain?: string
  path?: string
  httpOnly?: boolean
  secure?: boolean
  priority?: 'low' | 'medium' | 'high'
  sameSite?: boolean | 'lax' | 'strict' | 'none'
}

interface Named {
  name: string
  value: string
}

/** The part of `await cookies()` of Next.js that is used here. */
export interface CookieStore {
  get: (name: string) => Named | undefined
  getAll?: () => Named[]
  set: (name: string, value: string, cookie: Partial<ResponseCookie>) => unknown
}

/** Reads and writes the cookies of one request, for servers of any kind. */
export interface CookieJar {
  read: (name: string) => string | undefined
  write: (name: string, value: string, options: CookieOptions) => void
  /** Accepted, and not used. */
  names?: () => string[]
  /** Throws when no cookie can be sent any more. */
  assertWritable?: () => void
}

export interface NextRequestCookies {
  get: (name: string) => Named | undefined
  getAll?: () => Named[]
  set: (name: string, value: string) => unknown
}
export interface NextResponseCookies {
  set: (name: string, value: string, options: Partial<ResponseCookie>) => unknown
}

/** A request of node:http, Express, Connect, or a `Request`. */
export type AnyRequest =
  | { readonly headers: { readonly [name: string]: string | string[] | undefined } }
  | { readonly headers: SomeHeaders }
/** A response of node:http, or something with headers that can be appended to. */
export type AnyResponse = NodeResponse | WebResponse | { append(name: string, value: string): unknown }
