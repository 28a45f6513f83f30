import { type CookieAttributes, LONGEST_AGE } from '../../cookies/cookie.ts'
import type { SessionReader } from '../../migrate/format.ts'
import type { Store } from '../../stores/store.ts'
import type { MakePersistence } from '../engine.ts'
import type { SessionEvent } from '../model/events.ts'
import type { Telemetry } from '../model/observing.ts'
import type { OwnerLimit } from '../owners/types.ts'
import { checkLimit, checkStore, DAY, FUNCTION, flag, having, type Row, seconds, words } from './checks.ts'
import type { CookieOptions } from './cookie.ts'
import type { DeviceBound } from './device-bound.ts'
import { checkReaders, checkUntil } from './migrate.ts'
import { checkRevocations, type RevocationOptions } from './revocations.ts'
import { VALUES, type ValuesOptions } from './schema.ts'
import type { SecretsOption } from './secrets.ts'

/** What adapters take as `createSessions` does, and pass on. */
export interface SharedOptions {
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
  /**
   * Where it is written which sessions were ended, for sessions that live in the cookie and for a store that is not `strong`: with it an end is
   * final. A store that is `strong`; or `{ store, every }`, with the seconds for which a process goes by what it has looked up. Default: none;
   * `every` 0.
   */
  readonly revocations?: Store | RevocationOptions
  /** The clock, in milliseconds since the epoch; of fractions the whole part counts. Default `Date.now`. */
  readonly now?: () => number
  /** Told of everything a visitor's input does wrong and of every commit; see `SessionEvent`. */
  readonly onEvent?: (event: SessionEvent) => void
  /**
   * What stands for a request in its events, from its headers: `(headers) => headers.get('x-request-id') ?? undefined`. 200 characters count.
   * It is called for requests with an event, and with `onEvent` or `telemetry` only. Default: nothing.
   */
  readonly requestId?: (headers: { get(name: string): string | null }) => string | undefined
  /** Measures: `otel({ tracer, meter })` of coatcheck/otel, or `recorder()` of coatcheck/inspector. Default: nothing is measured. */
  readonly telemetry?: Telemetry
}

/** And those of storages, whose adapters know cookies and secrets by names of their own. */
export interface StorageOptions extends SharedOptions {
  /** Seconds since the session was last seen after which it ends. Default 7 days, or `absoluteTimeout` when that is shorter. */
  readonly idleTimeout?: number
  /** Seconds since the session began, or since the last sign-in, after which it ends. Default 30 days; at most 400 (RFC 6265bis 5.5). */
  readonly absoluteTimeout?: number
  /** Seals the records too, so that a stolen store tells nothing. Needs `secrets`. Default false. */
  readonly encryptRecords?: boolean
}

export interface SessionsOptions extends StorageOptions, ValuesOptions {
  /**
   * Newest first: the first writes, all of them read; with states or times as `StatedSecret` says. Or a function or a source that gives them,
   * again and again. At least 32 random characters each. Needed unless there is a store.
   */
  readonly secrets?: SecretsOption | undefined
  /** Where records live. Left out, the whole session is sealed in the cookie. */
  readonly store?: Store
  /** False: tickets travel in `header` only. */
  readonly cookie?: CookieOptions | false
  /** A header that may carry the ticket instead of the cookie, both ways, for clients that are no browsers; `authorization` as a Bearer token. */
  readonly header?: string
  /**
   * Seconds since somebody proved who they are in which `session.requireFresh()` asks for no other proof, and which `session.elevate(level)`
   * lasts. Default 3600.
   */
  readonly freshFor?: number
  /** Seconds that a session lasts from `session.signIn(owner, { remember: true })` on, used or not. Default 30 days; at most 400. */
  readonly rememberFor?: number
  /** Spreads a ticket of over 4096 bytes over several cookies, eight at most, instead of failing. Default false. */
  readonly chunks?: boolean
  /**
   * How many sessions one owner may have at once, for a store that lists them by owner. At one more `evict: 'oldest'` ends the one that signed
   * in the longest time ago; `'refuse'` signs nobody in: the commit fails with `TOO_MANY_SESSIONS`. Default: no limit.
   */
  readonly maxPerOwner?: OwnerLimit
  /** Binds sessions to the device, where browsers can: `deviceBound()` of coatcheck/device-bound. Needs `secrets`. Default: none is. */
  readonly deviceBound?: DeviceBound
  /** Also takes tickets without a MAC and records in the clear, from before `secrets` or `encryptRecords` were set. Default false. */
  readonly acceptUnsigned?: boolean
}

/** What `createSessions` takes. `secrets` may be a variable that is not set, for the compiler. */
export type GivenOptions = SessionsOptions & ({ readonly secrets: SessionsOptions['secrets'] } | { readonly store: Store })

/** What adapters may set besides. */
export interface AdapterOptions extends SessionsOptions {
  /** Instead of a store, or of sealing: `customPersistence(…)` for an application's own functions, `upstreamPersistence(…)` for another library's cookie. */
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
  /**
   * For a module that may be loaded several times in one process: sessions of this name whose options hold the same plain values are those of one
   * site, and share their request sessions and what they keep in memory. Default: they share nothing.
   */
  readonly sharedAs?: string
}

/** Exactly these options: one that is missing here, or there, does not compile. */
type Table<Options> = {
  readonly [Name in keyof Options]-?: Row<Exclude<Options[Name], undefined>>
}
export type Named<Options, Kind> = {
  [Name in keyof Options]-?: Exclude<Options[Name], undefined> extends Kind ? Name : never
}[keyof Options]

export type TimeOption = Exclude<Named<SessionsOptions, number>, 'version'>

/** One row an option: its default, and how it is checked by itself. Those that adapters pass on, */
export const SHARED: Table<SharedOptions> = {
  migrateFrom: { ordinary: [], check: checkReaders },
  migrateUntil: { check: checkUntil },
  storeTimeout: seconds(2, 600),
  maxRequestTime: seconds(300, DAY, 'idleTimeout'),
  grace: seconds(10, DAY, 'maxRequestTime', 0),
  onReplay: words('report', 'endSession', 'endOwner'),
  whenStoreDown: words('fail', 'read-only'),
  revocations: { check: checkRevocations },
  now: FUNCTION,
  onEvent: FUNCTION,
  requestId: FUNCTION,
  telemetry: having('Pass what otel() of coatcheck/otel returns.', 'span', 'event'),
}

/** all of `createSessions`, */
export const OPTIONS: Table<SessionsOptions> = {
  secrets: {},
  store: { check: checkStore },
  cookie: {},
  header: {},
  absoluteTimeout: seconds(30 * DAY, LONGEST_AGE),
  idleTimeout: seconds(7 * DAY, LONGEST_AGE, 'absoluteTimeout'),
  freshFor: seconds(3600, LONGEST_AGE),
  rememberFor: seconds(30 * DAY, LONGEST_AGE),
  encryptRecords: flag(false),
  chunks: flag(false),
  acceptUnsigned: flag(false),
  maxPerOwner: { check: checkLimit },
  deviceBound: having('Pass deviceBound() of coatcheck/device-bound.', 'bind'),
  ...VALUES,
  ...SHARED,
}

/** and those that only adapters may set. */
export const ADAPTER_OPTIONS: Table<AdapterOptions> = {
  ...OPTIONS,
  persistence: FUNCTION,
  binding: {},
  attributes: {},
  serialize: FUNCTION,
  anyHeader: flag(false),
  secretRule: words('refuse', 'warn'),
  sharedAs: {},
}
