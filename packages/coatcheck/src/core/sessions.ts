import { changingKeyring } from './changing-keyring.ts'
import { development, lateWitness } from './development.ts'
import { type Engine, type Persistence, withSecrets } from './engine.ts'
import type { Explanation } from './explain/explain.ts'
import { sharingOf } from './identity.ts'
import { type AnySessions, insides } from './inside.ts'
import { observersOf } from './observers.ts'
import { type AdapterOptions, checkSiteOptions, type GivenOptions, settingsOf } from './options/options.ts'
import type { Codec } from './options/schema.ts'
import type { OptionsOf, Storable } from './options/storable.ts'
import { type SessionsByOwner, sessionsByOwner } from './owners/methods.ts'
import { FinalRecords } from './persistence/revoked/final-records.ts'
import { revocablePersistence } from './persistence/revoked/revocable.ts'
import { Revocations } from './persistence/revoked/revocations.ts'
import { sealedPersistence } from './persistence/sealed.ts'
import { callStore } from './persistence/store-call.ts'
import { storedPersistence } from './persistence/stored/stored.ts'
import { UnknownKeys } from './persistence/unknown-keys.ts'
import { tellOnlookers } from './process-singleton.ts'
import { presentedIn, type RequestHeaders } from './request/incoming.ts'
import type { Core, DeviceBinding } from './request/load.ts'
import { notWrapped } from './request/not-wrapped.ts'
import { RequestSession } from './request/request-session.ts'
import type { RequestOrContext } from './request/request-types.ts'
import { Transport } from './request/tickets.ts'
import type { Session } from './session/types.ts'
import { keyringOf } from './sessions-cache.ts'
import { shapingOf } from './shaping.ts'
import { asShared } from './shared-sites.ts'

export { type AdapterSessions, type AnySessions, adapterOf } from './inside.ts'

/** What `createSessions` makes: the sessions of one site. */
export interface Sessions<Data extends object = Record<string, unknown>, Flash extends object = Record<string, unknown>>
  extends SessionsByOwner {
  /**
   * The session of the request that an adapter was given (`withSession` of coatcheck/fetch, coatcheck/node, coatcheck/hono): of its
   * `Request` or a clone of that, its `req`, its `c` or `c.req`. Asking again gives the same one. Rejects with `STORE_FAILED` when the
   * store cannot be read (see `whenStoreDown`), and with `NOT_WRAPPED` when no adapter knows `request`.
   */
  open(request: RequestOrContext): Promise<Session<Data, Flash>>
  /**
   * Why the session of this request is empty, or is not what was expected: one code, a sentence and what to do (docs/explain.md). Of a request
   * whose session was asked for, what was decided then and since; of any other, what would be: nothing is stored, and nobody is told. Takes what
   * `open` takes, and requests that no adapter knows. Rejects with `NOT_WRAPPED` for what is no request.
   */
  explain(request: RequestOrContext): Promise<Explanation>
  /** Removes expired records, 1000 at most; how many. For stores that do not do it themselves: call it now and then. */
  prune(): Promise<number>
}

/**
 * Makes the sessions of a site from options that are checked here. It draws no random bytes, derives no key, and calls nothing but
 * `onEvent` (with a time, for a store that is weaker than `strong`), so that it can stand at the top of any module. Throws `BAD_OPTIONS`.
 */
export function createSessions<Data extends object = Record<string, unknown>, Flash extends object = Record<string, unknown>>(
  // What is missing is told with its type, which says why.
  options: OptionsOf<Data> & { readonly codecs: readonly Codec[] | 'A function cannot be stored in a session.' },
): Sessions<Data, Flash>
export function createSessions<
  Data extends object & Storable<Data> = Record<string, unknown>,
  Flash extends object & Storable<Flash> = Record<string, unknown>,
>(options: OptionsOf<Data>): Sessions<Data, Flash>
export function createSessions(options: GivenOptions): AnySessions {
  checkSiteOptions(options)
  return sessionsOf(options)
}

/** `createSessions` with what only adapters may set, and the parts of the surroundings that tests replace. */
export function sessionsOf<Data extends object, Flash extends object>(
  given: AdapterOptions,
  surroundings: Partial<Engine> = {},
): Sessions<Data, Flash> {
  const options = asShared(given)
  const settings = settingsOf(options)
  const { secrets, now, encryptRecords, acceptUnsigned, storeTimeout, whenStoreDown, binding, migrateFrom } = settings
  const observers = observersOf(options, now, storeTimeout)
  const wishes = development()
  const engine: Engine = {
    now,
    ...observers,
    isTold: observers.isTold || wishes !== undefined,
    policy: { idle: settings.idle, absolute: settings.absolute },
    keyring:
      secrets &&
      ('source' in secrets || 'list' in secrets
        ? changingKeyring(secrets, { now, emit: observers.emit, limit: storeTimeout })
        : keyringOf(secrets)),
    binding,
    encryptRecords,
    acceptUnsigned,
    storeTimeout,
    whenStoreDown,
    maxRequestTime: settings.maxRequestTime,
    grace: settings.grace,
    freshFor: settings.freshFor,
    rememberFor: settings.rememberFor,
    onReplay: settings.onReplay,
    unknownKeys: settings.secretsAreLasting ? new UnknownKeys() : undefined,
    conflictTimeout: 5000,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
    adoptsUntil: settings.migrateUntil,
    maxPerOwner: options.maxPerOwner,
    deviceBound: settings.deviceBound?.settings,
    shaping: settings.values && shapingOf(settings.values, now),
    ...surroundings,
  }
  const { revocations } = settings
  const revoked = revocations && new Revocations(revocations.store, engine, revocations.every)
  const core: { -readonly [Part in keyof Core]: Core[Part] } = {
    engine,
    persistence: persistenceOf(options, engine, revoked, revocations?.list ?? false),
    transport: new Transport(settings),
    migrateFrom,
    ...(wishes && { witness: lateWitness(() => core, wishes) }),
  }
  core.bound = settings.deviceBound?.bind(core as never) as DeviceBinding | undefined
  const { consistency = 'strong' } = options.store ?? {}
  if (consistency !== 'strong') engine.emit({ type: 'weaker-store', consistency })
  const { newest, open, ...requests } = sharingOf(core, options.sharedAs)
  const sessions: Sessions<Data, Flash> = {
    ...sessionsByOwner(core.persistence),
    open: open as unknown as Sessions<Data, Flash>['open'],
    async explain(request) {
      const requestSession = newest(request)
      const presented = requestSession ? NOTHING : presentedIn(request)
      if (!presented) throw notWrapped(request)
      const { explain } = await import('./later.ts')
      return explain(core, request, requestSession, presented)
    },
    async prune() {
      return callStore(
        { storeTimeout: Number.POSITIVE_INFINITY }, // not limited in time: a file store looks at every session
        'prune',
        async () => ((await options.store?.prune?.(now(), 1000)) ?? 0) + ((await revocations?.store.prune?.(now(), 1000)) ?? 0),
      )
    },
  }
  insides().set(sessions, {
    ...{ ...requests, options },
    fromTicket: (ticket) => new RequestSession(core, NOTHING, core.transport.bare(ticket === null ? [] : [ticket])),
    fromTickets: (tickets, presented = NOTHING) => new RequestSession(core, presented, core.transport.bare(tickets)),
    clearing(presented) {
      const incoming = core.transport.incoming(presented)
      const { hasCookie, hasHeader, pieces } = incoming
      const ours = hasCookie || hasHeader ? core.transport.clear(hasHeader ? 'header' : 'cookie', pieces) : []
      return [...ours, ...core.transport.clearOthers(incoming)]
    },
  })
  return tellOnlookers(sessions)
}

/** A request without headers. */
const NOTHING: RequestHeaders = { get: () => null }

function persistenceOf(
  { store, persistence }: AdapterOptions,
  engine: Engine,
  revoked: Revocations | undefined,
  lists: boolean,
): Persistence {
  const isWeak = (store?.consistency ?? 'strong') !== 'strong'
  const records = store && revoked && isWeak ? new FinalRecords(store, engine, revoked) : undefined
  if (store) return storedPersistence(store, engine, records) as Persistence
  if (persistence) return persistence(engine)
  const sealed = sealedPersistence(withSecrets(engine), engine)
  return (revoked ? revocablePersistence(sealed, revoked, engine, lists) : sealed) as Persistence
}
