import { clockOf } from '../../clock.ts'
import type { CookieAttributes } from '../../cookies/cookie.ts'
import type { SessionReader } from '../../migrate/format.ts'
import type { Store } from '../../stores/store.ts'
import type { MakePersistence } from '../engine.ts'
import type { SessionEvent } from '../model/events.ts'
import { bad, flag, kind, refuseUnknown } from './checks.ts'
import { type CheckedCookie, type CookieOptions, cookieOf } from './cookie.ts'
import { checkReaders } from './migrate.ts'
import { fallbackSecrets, missingSecret, secretsOf, unsetSecret } from './secrets.ts'
import { onReplayOf, timesOf } from './times.ts'

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
  /** Formats of other libraries (coatcheck/migrate/…) whose sessions are taken over, in order. Default: none. */
  readonly migrateFrom?: readonly SessionReader[]
  /** From when on none is taken over any more: a Date, its ISO text, or milliseconds since the epoch. Default: never. */
  readonly migrateUntil?: Date | number | string
  /** Seconds that one call of the store may take. Default 2. */
  readonly storeTimeout?: number
  /**
   * Seconds, from its arrival, in which a request may still write to a session, or end it, that was given a new id or ended since the
   * request was opened. Later: `CONFLICT`. Default 300, or `idleTimeout` when that is shorter.
   */
  readonly maxRequestTime?: number
  /**
   * Seconds after a new id in which the old ticket, presented anew, still shows what the session was before, and nothing that came after.
   * 0: none. Default 10, or `maxRequestTime` when that is shorter.
   */
  readonly grace?: number
  /**
   * What happens when an old ticket is used after that, which is a sign of theft: the event `replayed` (`report`), and besides the end of
   * the session (`endSession`), or of all sessions of its owner (`endOwner`), if the old ticket had the same owner. Default `report`.
   */
  readonly onReplay?: 'report' | 'endSession' | 'endOwner'
  /**
   * What a request gets when the store cannot be read: `STORE_FAILED` (`fail`), or an empty session whose `readOnly` is true and whose
   * every change throws `STORE_FAILED`. The visitor's ticket stays as it is. Default `fail`.
   */
  readonly whenStoreDown?: 'fail' | 'read-only'
  /** The clock, in milliseconds since the epoch; of fractions the whole part counts. Default `Date.now`. */
  readonly now?: () => number
  /** Told of everything a visitor's input does wrong and of every commit; see `SessionEvent`. */
  readonly onEvent?: (event: SessionEvent) => void
}

/** What `createSessions` takes. `secrets` may be a variable that is not set, for the compiler. */
export type GivenOptions = SessionsOptions & ({ readonly secrets: SessionsOptions['secrets'] } | { readonly store: Store })

/** What adapters may set besides. */
export interface AdapterOptions extends SessionsOptions {
  /** Instead of a store, or of sealing: `customKeeper(…)` for an application's own functions, `wiredKeeper(…)` for another library's cookie. */
  readonly persistence?: MakePersistence
  /** What tickets are bound to. Default: the cookie's name, or the header's. With it, `cookie: false` needs no header. */
  readonly binding?: string
  /** Exactly these attributes, instead of those that `cookie` says. */
  readonly attributes?: CookieAttributes
  /** Writes the Set-Cookie lines; an empty value: the one that clears. */
  readonly serialize?: (name: string, value: string, attributes: CookieAttributes) => string | string[]
  /** Takes any header name with a dash that is not registered for something else. */
  readonly anyHeader?: boolean
  /** `warn`: weak secrets are only warned about, and missing ones looked for elsewhere. Default `refuse`. */
  readonly secretRule?: 'refuse' | 'warn'
}

export interface Settings extends Required<Pick<SessionsOptions, 'encryptRecords' | 'chunks' | 'acceptUnsigned' | 'now'>> {
  /** They are the same when the process starts again: what they do not open may be of another instance. */
  readonly secretsAreLasting: boolean
  /** undefined: none. */
  readonly secrets: readonly string[] | (() => readonly string[]) | undefined
  readonly cookie: CheckedCookie | undefined
  /** Tickets may come in several cookies: those of a store never do. */
  readonly joins: boolean
  readonly header: string | undefined
  readonly binding: string
  readonly migrateFrom: readonly SessionReader[]
  /** Milliseconds since the epoch. */
  readonly migrateUntil: number
  readonly serialize: AdapterOptions['serialize']
  /** Milliseconds. */
  readonly idle: number
  readonly absolute: number
  readonly storeTimeout: number
  readonly maxRequestTime: number
  readonly grace: number
  readonly onReplay: 'report' | 'endSession' | 'endOwner'
  readonly whenStoreDown: 'fail' | 'read-only'
}

/** What adapters take as `createSessions` does, and pass on. */
export type SharedOptions = Pick<
  SessionsOptions,
  'migrateFrom' | 'migrateUntil' | 'storeTimeout' | 'maxRequestTime' | 'grace' | 'onReplay' | 'whenStoreDown' | 'now' | 'onEvent'
>

/** What `createSessions` takes. */
const SITE_OPTIONS = [
  ...['secrets', 'store', 'cookie', 'header', 'idleTimeout', 'absoluteTimeout', 'encryptRecords', 'chunks', 'acceptUnsigned'],
  ...['migrateFrom', 'migrateUntil', 'storeTimeout', 'maxRequestTime', 'grace', 'onReplay', 'whenStoreDown', 'now', 'onEvent'],
]
const ADAPTER_OPTIONS = [...SITE_OPTIONS, 'persistence', 'binding', 'attributes', 'serialize', 'anyHeader', 'secretRule']

/** Refuses what only adapters may say. */
export const checkSiteOptions = (options: object): void => refuseUnknown('', options, SITE_OPTIONS)

/** Checks every option, alone and together; what is wrong throws `BAD_OPTIONS` here and never at a visitor's request. */
export function settingsOf(options: AdapterOptions): Settings {
  refuseUnknown('', options, ADAPTER_OPTIONS)
  const { store, persistence, onEvent, now, migrateFrom = [], serialize, whenStoreDown = 'fail' } = options
  const warns = options.secretRule === 'warn'
  const encryptRecords = flag('encryptRecords', options.encryptRecords)
  const needsSecrets = encryptRecords || persistence?.needsSecrets || !(store || persistence)
  const given = secretsOf(options.secrets, warns)
  if (given.length === 0 && 'secrets' in options && !warns) throw unsetSecret()
  const isMissing = given.length === 0 && needsSecrets
  if (isMissing && !warns) throw missingSecret()
  const secrets = isMissing ? fallbackSecrets() : given.length > 0 ? given : undefined
  checkReaders(migrateFrom, options.migrateUntil)
  if (store && persistence) throw bad('persistence', 'is set beside a store', 'Give one of the two.')
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
  if (whenStoreDown !== 'fail' && whenStoreDown !== 'read-only')
    throw bad('whenStoreDown', `is ${kind(whenStoreDown)}`, 'Give `fail` or `read-only`.')
  const cookie = options.cookie === false ? undefined : cookieOf(options.cookie, options.attributes)
  const header = headerOf(options.header, options.anyHeader === true)
  const binding = options.binding ?? cookie?.name ?? header
  if (binding === undefined)
    throw bad('cookie', 'is false, and no header is named', 'Name a `header` that carries the ticket, or leave `cookie` out.')
  return {
    secrets,
    secretsAreLasting: !isMissing || Boolean(globalThis.process?.env?.COATCHECK_SECRET),
    encryptRecords,
    acceptUnsigned: flag('acceptUnsigned', options.acceptUnsigned),
    chunks: flag('chunks', options.chunks),
    now: clockOf(now),
    cookie,
    joins: !store,
    header,
    binding,
    migrateFrom,
    migrateUntil: options.migrateUntil === undefined ? Number.POSITIVE_INFINITY : +new Date(options.migrateUntil),
    serialize,
    ...timesOf(options),
    onReplay: onReplayOf(options),
    whenStoreDown,
  }
}

/** Registered ones whose meaning a ticket would change. */
const TAKEN =
  /^(?:accept|access-control|cache|clear|content|cross|early|expect|if|max|permissions|proxy|retry|sec|set|strict|transfer|www)-/i

function headerOf(header: string | undefined, any: boolean): string | undefined {
  const isOwn = (name: string) =>
    any ? /^[\w!#$%&'*+.^`|~]+-[\w!#$%&'*+.^`|~-]+$/.test(name) && !TAKEN.test(name) : /^x-[\w-]+$/i.test(name)
  if (header === undefined || (typeof header === 'string' && (/^authorization$/i.test(header) || isOwn(header))))
    return header?.toLowerCase()
  throw bad(
    'header',
    `is ${kind(header)} that cannot name a header of its own`,
    'Name one such as `x-session` or `authorization`.',
  )
}

export type { CookieOptions }
