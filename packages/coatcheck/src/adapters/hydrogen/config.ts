import type { SameSite } from '../../cookies/cookie.ts'
import { checkedOptions, refuseDeviceBound, type SecretList, type SharedOptions } from '../../core/adapter.ts'
import { checkKinds, type Kinds } from '../../errors.ts'
import type { Anything } from '../../web.ts'

export type { Anything }
export type Values = Record<string, Anything>

/** Hydrogen's options of a cookie, by the names of its documents or, as its own cookies needed them, in lower case; and ours. */
export interface CookieOptions extends SharedOptions {
  /** Newest first: the first writes, all of them read; or with states and times. Default: COATCHECK_SECRET. */
  readonly secrets?: SecretList | undefined
  /** Always true, unless `format` says otherwise: no script has any business with a session. */
  readonly httpOnly?: boolean
  readonly httponly?: boolean
  /** Only over HTTPS. Default false, or true where SameSite=None demands it. */
  readonly secure?: boolean
  /** Default `Lax`. */
  readonly sameSite?: Capitalize<SameSite> | SameSite
  readonly samesite?: Capitalize<SameSite> | SameSite
  /** Default `/`; without a path browsers would keep the cookie for the folder of the route that sent it. */
  readonly path?: string
  readonly domain?: string
  /** When the session ends, if `maxAge` does not say. Default: a week after it was last set. */
  readonly expires?: Date
  /** Seconds after it was last set that the session ends. Goes before `expires`. */
  readonly maxAge?: number
  readonly maxage?: number
  /** Seconds since the session began after which it ends, however often it is set. Default: none. */
  readonly absoluteTimeout?: number
  /** Writes Hydrogen's own cookies, unsigned, for old and new instances side by side: whoever sends such a cookie can say anything. */
  readonly format?: 'upstream'
}

/** Of Hydrogen's own options: memory is shared by them, too. */
export const KINDS: Readonly<Record<Exclude<keyof CookieOptions, keyof SharedOptions | 'absoluteTimeout'>, Kinds[string]>> = {
  secrets: ['text', 'object'],
  sameSite: 'text',
  samesite: 'text',
  path: 'text',
  domain: 'text',
  format: 'text',
  httpOnly: 'true or false',
  httponly: 'true or false',
  secure: 'true or false',
  expires: 'Date',
  maxAge: 'number',
  maxage: 'number',
}

/** What does what this adapter cannot. */
export const WRAP: string =
  'Make the sessions with createSessions({ deviceBound }), wrap the handler of the requests with withSession(sessions, …) of coatcheck/fetch, and call `sessions.open(request)`.'

/** The options of a cookie, or `BAD_OPTIONS`. */
export function checked<Options extends CookieOptions>(name: string, options: Options): Options {
  checkKinds(options, KINDS)
  checkKinds({ name }, { name: 'text' })
  checkedOptions(options)
  refuseDeviceBound(options, WRAP)
  return options
}

/** How long a session lasts from when it was last set. */
export interface Lasting {
  readonly maxAge?: number
  readonly expires?: Date
}

/** Seconds. */
export const WEEK: number = 7 * 86_400

export function lastingOf({ maxAge, maxage, expires }: CookieOptions): Lasting {
  const seconds = maxAge ?? maxage
  return seconds !== undefined ? { maxAge: seconds } : expires ? { expires } : { maxAge: WEEK }
}

/** Milliseconds since the epoch. */
export function endOf({ maxAge = 0, expires }: Lasting, now: number): number {
  return expires ? expires.getTime() : now + maxAge * 1000
}
