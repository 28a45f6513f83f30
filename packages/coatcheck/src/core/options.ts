import type { Store } from '../stores/store.ts'
import { type CookieAttributes, cookieFault, type SameSite } from '../ticket/cookie.ts'
import type { Engine, Keeper } from './engine.ts'
import type { SessionEvent } from './events.ts'
import { bad, DAY, flag, kind, refuseUnknown, repeats, seconds } from './option-checks.ts'

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

export interface SessionsOptions {
  /** Newest first: the first writes, all of them read. At least 32 random characters each. Needed unless there is a store. */
  readonly secrets?: string | readonly string[] | undefined
  /** Where records live. Left out, the whole session is sealed in the cookie. */
  readonly store?: Store
  /** False: tickets travel in `header` only. */
  readonly cookie?: CookieOptions | false
  /** A header that may carry the ticket instead of the cookie, both ways, for clients that are no browsers; `authorization` as a Bearer token. */
  readonly header?: string
  /** Seconds since the session was last seen after which it ends. Default 7 days, or `absoluteTimeout` when that is shorter. */
  readonly idleTimeout?: number
  /** Seconds since the session began, or since the last sign-in, after which it ends. Default 30 days; at most 400 (RFC 6265bis 5.5). */
  readonly absoluteTimeout?: number
  /** Seals the records too, so that a stolen store tells nothing. Needs `secrets`. Default false. */
  readonly encryptRecords?: boolean
  /** Spreads a ticket of over 4096 bytes over several cookies, eight at most, instead of failing. Default false. */
  readonly chunks?: boolean
  /** Also takes tickets without a MAC and records in the clear, from before `secrets` or `encryptRecords` were set. Default false. */
  readonly acceptUnsigned?: boolean
  /** Seconds that one call of the store may take. Default 2. */
  readonly storeTimeout?: number
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** Told of everything a visitor's input does wrong and of every commit; see `SessionEvent`. */
  readonly onEvent?: (event: SessionEvent) => void
}

/** What faces may set besides. */
export interface FaceOptions extends SessionsOptions {
  /** Instead of a store, or of sealing: `customKeeper(…)` for an application's own functions. */
  readonly keeper?: (engine: Engine) => Keeper
}

export interface Settings extends Required<Pick<SessionsOptions, 'encryptRecords' | 'chunks' | 'acceptUnsigned' | 'now'>> {
  readonly secrets: readonly string[]
  readonly cookie: { readonly name: string; readonly attributes: CookieAttributes; readonly persistent: boolean } | undefined
  readonly header: string | undefined
  /** Milliseconds. */
  readonly idle: number
  readonly absolute: number
  readonly storeTimeout: number
}

const OPTIONS =
  'secrets store cookie header idleTimeout absoluteTimeout encryptRecords chunks acceptUnsigned storeTimeout now onEvent keeper'.split(
    ' ',
  )
const COOKIE_OPTIONS = 'name path domain sameSite secure partitioned persistent'.split(' ')

/** Checks every option, alone and together; what is wrong throws `BAD_OPTIONS` here and never at a visitor's request. */
export function settingsOf(options: FaceOptions): Settings {
  refuseUnknown('', options, OPTIONS)
  const { store, keeper, onEvent, now = Date.now } = options
  const secrets = secretsOf(options.secrets)
  // Above all an environment variable that is not set: without secrets tickets would go unsigned, and nobody would notice.
  if (secrets.length === 0 && 'secrets' in options) {
    throw bad('secrets', 'is there, and undefined', 'Set the variable it comes from; leave the option out to do without.')
  }
  const encryptRecords = flag('encryptRecords', options.encryptRecords)
  if (secrets.length === 0 && (keeper || encryptRecords || !store)) {
    throw bad(
      'secrets',
      'is missing, and needed to seal the session or its record',
      'Make one with `openssl rand -base64 33` and keep it out of the code, or give a `store`.',
    )
  }
  if (store && keeper) throw bad('keeper', 'is set beside a store', 'Give one of the two.')
  if (
    store !== undefined &&
    !['read', 'create', 'update', 'delete'].every((verb) => typeof store?.[verb as 'read'] === 'function')
  ) {
    throw bad(
      'store',
      `is ${kind(store)}, which is no store`,
      'Pass for instance memoryStore() of coatcheck/stores/memory, or leave it out to seal sessions in the cookie.',
    )
  }
  if (encryptRecords && !store)
    throw bad('encryptRecords', 'is set without a store', 'Leave it out: a session in the cookie is always sealed.')
  for (const [name, value] of Object.entries({ now, onEvent })) {
    if (value !== undefined && typeof value !== 'function')
      throw bad(name, `is ${kind(value)}`, 'Pass a function, or leave it out.')
  }
  const cookie = options.cookie === false ? undefined : cookieOf(options.cookie)
  const header = headerOf(options.header)
  if (!cookie && !header)
    throw bad('cookie', 'is false, and no header is named', 'Name a `header` that carries the ticket, or leave `cookie` out.')
  return {
    secrets,
    encryptRecords,
    acceptUnsigned: flag('acceptUnsigned', options.acceptUnsigned),
    chunks: flag('chunks', options.chunks),
    now,
    cookie,
    header,
    ...timesOf(options),
    storeTimeout: seconds('storeTimeout', options.storeTimeout, 2, 600) * 1000,
  }
}

function timesOf({ idleTimeout, absoluteTimeout }: SessionsOptions): { idle: number; absolute: number } {
  const absolute = seconds('absoluteTimeout', absoluteTimeout, 30 * DAY, 400 * DAY)
  const idle = seconds('idleTimeout', idleTimeout, Math.min(7 * DAY, absolute), 400 * DAY)
  if (idle > absolute) {
    throw bad(
      'absoluteTimeout',
      `is ${absolute} seconds and shorter than idleTimeout, ${idle} seconds`,
      'Make it at least as long as idleTimeout.',
    )
  }
  return { idle: idle * 1000, absolute: absolute * 1000 }
}

function secretsOf(given: string | readonly string[] | undefined): readonly string[] {
  if (given === undefined) return []
  const secrets: readonly unknown[] = typeof given === 'string' ? [given] : given
  if (!Array.isArray(secrets) || secrets.length === 0)
    throw bad(
      'secrets',
      `is ${Array.isArray(given) ? 'an empty list' : kind(given)}`,
      'Give one text or a list of texts, newest first; leave it out to do without.',
    )
  const advice = 'Use at least 32 random characters: `openssl rand -base64 33`.'
  secrets.forEach((secret, at) => {
    const option = typeof given === 'string' ? 'secrets' : `secrets[${at}]`
    if (typeof secret !== 'string' || secret.length < 32) throw bad(option, `is ${kind(secret)}, which can be guessed`, advice)
    if (new Set(secret).size < 8 || repeats(secret)) throw bad(option, 'repeats itself and can be guessed', advice)
    if (secrets.indexOf(secret) < at) throw bad(option, 'is the same as an earlier one', 'Name each secret once.')
  })
  return secrets as readonly string[]
}

function headerOf(header: string | undefined): string | undefined {
  if (header === undefined || (typeof header === 'string' && /^(?:authorization|x-[\w-]+)$/i.test(header)))
    return header?.toLowerCase()
  throw bad(
    'header',
    `is ${kind(header)} that cannot name a header of its own`,
    'Name one such as `x-session` or `authorization`.',
  )
}

function cookieOf(given: CookieOptions = {}): NonNullable<Settings['cookie']> {
  refuseUnknown('cookie.', given, COOKIE_OPTIONS)
  const {
    name = '__Host-Http-session',
    persistent = true,
    path = '/',
    sameSite = 'lax',
    secure = true,
    domain,
    partitioned,
  } = given
  const attributes = {
    path,
    sameSite,
    secure,
    httpOnly: true,
    ...(domain !== undefined && { domain }),
    ...(partitioned && { partitioned }),
  }
  flag('cookie.partitioned', partitioned)
  flag('cookie.persistent', persistent)
  const fault = cookieFault(name, attributes)
  if (fault) throw bad(fault.option, fault.what, fault.fix)
  return { name, attributes, persistent }
}
