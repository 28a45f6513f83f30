import { type CookieAttributes, cookieFault, type SameSite } from '../../cookies/cookie.ts'
import { bad, checked, flag, type Row, refuseUnknown } from './checks.ts'

export interface CookieOptions {
  /** Default `__Host-Http-session`, which browsers accept only from this host, over HTTPS, and never from a script. */
  readonly name?: string
  /** Default `/`. */
  readonly path?: string
  /** Default: this host only. With a domain the name cannot begin with `__Host-`. */
  readonly domain?: string
  /** Default `lax`: not sent along when another site posts to this one. */
  readonly sameSite?: SameSite
  /** Default true. Without it the name cannot have a prefix, and anybody on the way can read the ticket. */
  readonly secure?: boolean
  /** Default false. In a frame on another site the cookie counts for that site only (CHIPS). */
  readonly partitioned?: boolean
  /** Default true: the cookie lasts as long as the session can. False: the browser forgets it when it is closed. */
  readonly persistent?: boolean
}

export const COOKIE: { readonly [Name in keyof CookieOptions]-?: Row } = {
  name: { ordinary: '__Host-Http-session' },
  path: { ordinary: '/' },
  domain: {},
  sameSite: { ordinary: 'lax' },
  secure: { ordinary: true },
  partitioned: flag(false),
  persistent: flag(true),
}

type Whole = Required<Omit<CookieOptions, 'domain'>> & Pick<CookieOptions, 'domain'>

export interface CheckedCookie {
  readonly name: string
  readonly attributes: CookieAttributes
  readonly persistent: boolean
}

/** `exact`: these attributes and no others, for adapters whose framework leaves them to its user. */
export function cookieOf(given: CookieOptions = {}, exact?: CookieAttributes): CheckedCookie {
  refuseUnknown('cookie.', given, COOKIE)
  const { name, domain, partitioned, persistent, ...others } = checked('cookie.', given, COOKIE) as Whole
  const attributes = exact ?? {
    ...others,
    httpOnly: true,
    ...(domain !== undefined && { domain }),
    ...(partitioned && { partitioned }),
  }
  const fault = cookieFault(name, attributes)
  if (fault) throw bad(fault.option, fault.what, fault.fix)
  return { name, attributes, persistent }
}
