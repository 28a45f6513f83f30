import { SessionError } from '../errors.ts'
import { type Engine, type Keeper, withSecrets } from './engine.ts'
import { emitter } from './model/events.ts'
import { type Sharing, sharingOf } from './identity.ts'
import { keyringOf } from './sessions-cache.ts'
import { noDoor } from './request/not-wrapped.ts'
import { checkSiteOptions, type FaceOptions, type GivenOptions, settingsOf } from './options/options.ts'
import type { Core } from './request/load.ts'
import type { RequestOrContext } from './request/request-types.ts'
import { Scope } from './request/request-session.ts'
import { sealedKeeper } from './persistence/sealed.ts'
import type { Storable } from './options/storable.ts'
import { callStore } from './persistence/store-call.ts'
import { storedKeeper } from './persistence/stored/stored.ts'
import { type HeaderLine, type Presented, Transport } from './request/tickets.ts'
import type { Session } from './session/types.ts'
import { UnknownKeys } from './persistence/unknown-keys.ts'

/** What `createSessions` makes: the sessions of one site. */
export interface Sessions<Data extends object = Record<string, unknown>, Flash extends object = Record<string, unknown>> {
  /**
   * The session of the request that a door was given (`withSession` of coatcheck/fetch, coatcheck/node, coatcheck/hono): of its
   * `Request` or a clone of that, its `req`, its `c` or `c.req`. Asking again gives the same one. Rejects with `STORE_FAILED` when the
   * store cannot be read (see `whenStoreDown`), and with `NO_DOOR` when no door knows `request`.
   */
  open(request: RequestOrContext): Promise<Session<Data, Flash>>
  /** Removes expired records, 1000 at most; how many. For stores that do not do it themselves: call it now and then. */
  prune(): Promise<number>
}

/** What faces use of it. */
export interface FaceSessions extends Sharing {
  /** A scope for a ticket by itself. */
  fromTicket(ticket: string | null): Scope
  /** A scope for tickets that a face itself took out of what its request presented. */
  fromTickets(tickets: readonly string[], presented?: Presented): Scope
  /** What clears the ticket, where one was presented; whatever it opens is not looked at. */
  clearing(presented: Presented): HeaderLine[]
}

const FACES = new WeakMap<object, FaceSessions>()

/** The sessions of any site, whatever they hold. */
export interface AnySessions {
  open(request: never): Promise<unknown>
}

/** The inside of `sessions`, for faces. */
export function faceOf(sessions: AnySessions): FaceSessions {
  const face = FACES.get(sessions)
  if (face) return face
  throw new SessionError('BAD_OPTIONS', 'What was passed as sessions was not made by createSessions().', {
    fix: 'Pass the object that createSessions() returned.',
  })
}

/**
 * Makes the sessions of a site from options that are checked here. It reads no clock, draws no random bytes, derives no key and calls
 * nothing but `onEvent`, so that it can stand at the top of any module. Throws `BAD_OPTIONS`.
 */
export function createSessions<
  Data extends object & Storable<Data> = Record<string, unknown>,
  Flash extends object & Storable<Flash> = Record<string, unknown>,
>(options: GivenOptions): Sessions<Data, Flash> {
  checkSiteOptions(options)
  return sessionsOf(options)
}

/** `createSessions` with what only faces may set, and the parts of the surroundings that tests replace. */
export function sessionsOf<Data extends object, Flash extends object>(
  options: FaceOptions,
  surroundings: Partial<Engine> = {},
): Sessions<Data, Flash> {
  const settings = settingsOf(options)
  const { secrets, now, encryptRecords, acceptUnsigned, storeTimeout, whenStoreDown, binding, foreign } = settings
  const engine: Engine = {
    now,
    emit: emitter(options.onEvent),
    policy: { idle: settings.idle, absolute: settings.absolute },
    keyring: secrets && keyringOf(secrets),
    binding,
    encryptRecords,
    acceptUnsigned,
    storeTimeout,
    whenStoreDown,
    maxRequestTime: settings.maxRequestTime,
    grace: settings.grace,
    onReplay: settings.onReplay,
    unknownKeys: settings.secretsAreLasting ? new UnknownKeys() : undefined,
    conflictTimeout: 5000,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
    adoptsUntil: settings.foreignUntil,
    ...surroundings,
  }
  const core: Core = { engine, keeper: keeperOf(options, engine), transport: new Transport(settings), foreign }
  const { consistency = 'strong' } = options.store ?? {}
  if (consistency !== 'strong') engine.emit({ type: 'weaker-store', consistency })
  const { newest, ...sharing } = sharingOf(core)
  const sessions: Sessions<Data, Flash> = {
    async open(request) {
      const scope = newest(request)
      if (!scope) throw noDoor(request)
      return (await scope.open()) as unknown as Session<Data, Flash>
    },
    async prune() {
      // Not limited in time: a file store looks at every session.
      return callStore(
        { storeTimeout: Number.POSITIVE_INFINITY },
        'prune',
        async () => (await options.store?.prune?.(now(), 1000)) ?? 0,
      )
    },
  }
  FACES.set(sessions, {
    ...sharing,
    fromTicket: (ticket) => new Scope(core, core.transport.bare(ticket === null ? [] : [ticket]), NOTHING),
    fromTickets: (tickets, presented = NOTHING) => new Scope(core, core.transport.bare(tickets), presented),
    clearing(presented) {
      const arrival = core.transport.arrival(presented)
      const { hasCookie, hasHeader, pieces } = arrival
      const ours = hasCookie || hasHeader ? core.transport.clear(hasHeader ? 'header' : 'cookie', pieces) : []
      return [...ours, ...core.transport.clearOthers(arrival)]
    },
  })
  return sessions
}

/** A request without headers. */
const NOTHING: Presented = { get: () => null }

function keeperOf({ store, keeper }: FaceOptions, engine: Engine): Keeper {
  if (store) return storedKeeper(store, engine) as Keeper
  return keeper ? keeper(engine) : sealedKeeper(withSecrets(engine), engine)
}
