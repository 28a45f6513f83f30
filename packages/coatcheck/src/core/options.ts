import { SessionError } from '../errors.ts'
import type { Store } from '../stores/store.ts'
import { type CookieAttributes, cookieFault, type SameSite } from '../ticket/cookie.ts'
import type { CustomStorage } from './custom.ts'
import type { SessionEvent } from './events.ts'

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
  readonly secrets?: string | readonly string[]
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
  /** The application's own functions instead of a store. */
  readonly custom?: CustomStorage
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

const DAY = 86_400
const OPTIONS =
  'secrets store cookie header idleTimeout absoluteTimeout encryptRecords chunks acceptUnsigned storeTimeout now onEvent custom'.split(
    ' ',
  )
const COOKIE_OPTIONS = 'name path domain sameSite secure partitioned persistent'.split(' ')
const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]+$/
/** Headers that mean something else. */
const TAKEN = /^(?:set-)?cookie2?$|^(?:host|connection|content-|transfer-|sec-|proxy-|vary$|cache-control$)/i

/** Says of which kind a value is without telling it: it may be a secret. */
function kind(value: unknown): string {
  if (typeof value === 'string') return `a text of ${value.length} characters`
  if (typeof value === 'number') return `the number ${value}`
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : value === undefined ? 'missing' : `a ${typeof value}`
}

function bad(option: string, what: string, fix: string): SessionError {
  return new SessionError('BAD_OPTIONS', `The option \`${option}\` ${what}.`, { fix })
}

/** Checks every option, alone and together; what is wrong throws `BAD_OPTIONS` here and never at a visitor's request. */
export function settingsOf(options: FaceOptions): Settings {
  refuseUnknown('', options, OPTIONS)
  const { store, custom, onEvent, now = Date.now } = options
  const secrets = secretsOf(options.secrets)
  const encryptRecords = flag('encryptRecords', options.encryptRecords)
  if (secrets.length === 0 && (custom || encryptRecords || !store)) {
    throw bad(
      'secrets',
      'is missing, and needed to seal the session or its record',
      'Make one with `openssl rand -base64 33` and keep it out of the code, or give a `store`.',
    )
  }
  if (store !== undefined && typeof store?.update !== 'function') {
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

function seconds(option: string, value: number | undefined, ordinary: number, most: number): number {
  const given = value ?? ordinary
  if (Number.isInteger(given) && given >= 1 && given <= most) return given
  throw bad(
    option,
    `is ${kind(given)}`,
    `Give whole seconds from 1 to ${most}${most === 400 * DAY ? ' (400 days: browsers keep no cookie longer)' : ''}.`,
  )
}

function flag(option: string, value: boolean | undefined): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false
  throw bad(option, `is ${kind(value)}`, 'Give true or false.')
}

function secretsOf(given: string | readonly string[] | undefined): readonly string[] {
  const secrets: readonly unknown[] = typeof given === 'string' ? [given] : (given ?? [])
  if (!Array.isArray(secrets)) throw bad('secrets', `is ${kind(given)}`, 'Give one text or a list of texts, newest first.')
  const advice = 'Use at least 32 random characters: `openssl rand -base64 33`.'
  secrets.forEach((secret, at) => {
    const option = typeof given === 'string' ? 'secrets' : `secrets[${at}]`
    if (typeof secret !== 'string' || secret.length < 32) throw bad(option, `is ${kind(secret)}, which can be guessed`, advice)
    if (new Set(secret).size < 8 || (secret + secret).indexOf(secret, 1) < secret.length)
      throw bad(option, 'repeats itself and can be guessed', advice)
    if (secrets.indexOf(secret) < at) throw bad(option, 'is the same as an earlier one', 'Name each secret once.')
  })
  return secrets as readonly string[]
}

function headerOf(header: string | undefined): string | undefined {
  if (header === undefined || (typeof header === 'string' && TOKEN.test(header) && !TAKEN.test(header)))
    return header?.toLowerCase()
  throw bad(
    'header',
    `is ${kind(header)} that cannot name a header of its own`,
    'Name one such as `x-session` or `authorization`.',
  )
}

function cookieOf(given: CookieOptions = {}): NonNullable<Settings['cookie']> {
  refuseUnknown('cookie.', given, COOKIE_OPTIONS)
  const { name = '__Host-Http-session', persistent = true, ...rest } = given
  const attributes = { path: '/', sameSite: 'lax', secure: true, ...rest, httpOnly: true } as const
  for (const option of ['secure', 'partitioned', 'persistent'] as const) flag(`cookie.${option}`, given[option])
  const fault = cookieFault(name, attributes)
  if (fault) throw bad(fault.option, fault.what, fault.fix)
  return { name, attributes, persistent }
}

function refuseUnknown(prefix: string, given: object, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null)
    throw bad(prefix.slice(0, -1) || 'options', `is ${kind(given)}`, 'Pass an object.')
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    if (prefix && /^httponly$/i.test(name))
      throw bad('cookie.httpOnly', 'cannot be set', 'Leave it out: no script may read a session cookie.')
    throw bad(prefix + name, 'does not exist', `Known are ${known.join(', ')}.`)
  }
}
