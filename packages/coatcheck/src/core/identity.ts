/**
 * Which calls share a session within a request.
 *
 * 1. `requestSession`: calls with the same object of the framework that stands for one request (its Request, context or event) and with
 *    the same credentials, until the request is answered.
 * 2. `openInContext` (node/in-context.ts): calls that present the same ticket as the request in whose async context they run, when the ticket opens a session.
 *    A call that presents nothing, or a ticket that opens nothing, gets a session of its own each time.
 *
 * The context alone proves nothing. A callback runs in the context that registered it: of the visitor who opened the connection first, or
 * waited first for what all wait for. Only tickets tell two visitors in one context apart. So no session and no header crosses by the
 * context: `beforeHeadersLeave` sends a line only to the request that presented the ticket itself.
 */

import { ofProcess } from './process-singleton.ts'
import { headersOf, Presented, type RequestHeaders } from './request/incoming.ts'
import type { Core } from './request/load.ts'
import { notWrapped } from './request/not-wrapped.ts'
import { PrerenderingSession } from './request/prerendering.ts'
import { ReadOnlySession } from './request/read-only.ts'
import { RequestSession } from './request/request-session.ts'
import type { LiveSession } from './session/session.ts'

/** Gives the request sessions of one `createSessions`. */
export interface Sharing {
  readonly core: Core
  /**
   * The request session of a request: the same for the same `identity` and credentials, until the request is answered. `identity` must
   * stand for one request and no other: nothing else tells two visitors apart who present nothing.
   */
  requestSession(identity: object, presented: RequestHeaders): RequestSession
  /** From here on `other`, and what its `clone()` gives, stands for the same request as `identity`. */
  stands(other: object, identity: object): void
  /**
   * The request session of a page that is made once for everybody: opening it rejects with `PRERENDERING`, and `fix` says what to do in the
   * words of the framework. Default: the advice of the code. Call it in place of `requestSession`.
   */
  prerendering(identity: object, fix?: string): RequestSession
  /**
   * The request session of a request that only looks, such as a prefetch or an upgrade: it stores, moves and removes nothing. A change throws `READ_ONLY`,
   * and `fix` says what to do in the words of the framework. Call it in place of `requestSession`; with `{}` as identity nobody shares it.
   */
  readOnly(identity: object, presented: RequestHeaders, fix?: string): RequestSession
  /** A request session that nobody shares. */
  detached(presented: RequestHeaders): RequestSession
}

/** Compared only where there are two: a key of a map would cost as much as a long header has characters. */
export const areSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((part, at) => part === other[at])

/** What the requests of one site have. */
interface Requests {
  readonly newest: Besides<RequestSession>
  /** Where one request was presented with different credentials: all that are open. */
  readonly several: Besides<RequestSession[]>
  /** The identity that another object stands for. */
  readonly meant: Besides<object>
}

const newRequests = (): Requests => ({ newest: besides(), several: besides(), meant: besides() })

/** The same, for `sessions`. */
interface Shared extends Sharing {
  /** The one that was last asked for with this identity, or with what it stands for. */
  newest(identity: object): RequestSession | undefined
  /** Its session. Rejects with `NOT_WRAPPED` where there is none. */
  open(identity: object): Promise<LiveSession>
}

/** The request sessions of `core`, shared with all copies of its module under the name `sharedAs`. */
export function sharingOf(core: Core, sharedAs?: string): Shared {
  const { newest, several, meant } = sharedAs === undefined ? newRequests() : ofProcess(`requests ${sharedAs}`, newRequests)
  /** The identity that an object, or the object that it was cloned from, stands for. */
  const standsFor = (object: object): object | undefined => {
    let at: object | undefined = object
    while (at && meant.get(at) === undefined && newest.get(at) === undefined) at = origins.get(at)
    return at && (meant.get(at) ?? at)
  }
  /** The request session of a call after the first, which came with the same credentials or with others. */
  const onceMore = (identity: object, last: RequestSession, presented: RequestHeaders): RequestSession => {
    const incoming = new Presented(core.transport.places, presented)
    // A request that was answered and comes again is another request.
    const open = (several.get(identity) ?? [last]).filter(({ finished }) => !finished)
    const before = open.find((each) => areSame(each.incoming.credentials, incoming.credentials))
    const requestSession = before ?? new RequestSession(core, presented, incoming)
    several.set(identity, before ? open : [...open, requestSession])
    return requestSession
  }
  const newestOf = (identity: object) => newest.get(identity) ?? newest.get(standsFor(identity) ?? identity)
  return {
    core,
    newest: newestOf,
    open: (identity) => newestOf(identity)?.open() ?? Promise.reject(notWrapped(identity)),
    stands(other, identity) {
      tellClones(other)
      // Of contexts within one another around one request the outermost is answered last.
      if (other !== identity && newest.get(standsFor(other) ?? other)?.finished !== false) meant.set(other, identity)
    },
    detached: (presented) => new RequestSession(core, presented),
    readOnly(identity, presented, fix) {
      const looking = new ReadOnlySession(core, presented)
      looking.fix = fix
      core.witness?.came(looking, identity)
      tellClones(identity)
      newest.set(identity, looking)
      return looking
    },
    prerendering(identity, fix) {
      const refusing = new PrerenderingSession(core, headersOf(null), core.transport.bare([]))
      refusing.fix = fix
      core.witness?.came(refusing, identity)
      newest.set(identity, refusing)
      return refusing
    },
    requestSession(identity, presented) {
      tellClones(identity)
      const last = newest.get(identity)
      const requestSession = last ? onceMore(identity, last, presented) : new RequestSession(core, presented)
      core.witness?.came(requestSession, identity)
      newest.set(identity, requestSession)
      return requestSession
    },
  }
}

export interface Besides<V> {
  get(object: object): V | undefined
  set(object: object, value: V): void
}

/** A class over this one puts its private field on the object that it was given. */
class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is what it is for
    return object
  }
}

/**
 * What each object stands for, kept beside it where nobody else sees it, and nothing inherits or copies it. A WeakMap says the same; but a
 * request session leads back to its request, and such an entry holds both until the next full collection (docs/decisions/035-what-a-request-leaves-behind.md).
 */
export function besides<V>(): Besides<V> {
  const fixed = new WeakMap<object, V>()
  class Beside extends Given {
    #value: V
    constructor(object: object, value: V) {
      super(object)
      this.#value = value
    }
    static get(object: object): V | undefined {
      if (typeof object !== 'function' && (typeof object !== 'object' || object === null)) return undefined
      return #value in object ? object.#value : fixed.get(object)
    }
    static set(object: object, value: V): void {
      if (#value in object) object.#value = value
      else if (Object.isExtensible(object)) new Beside(object, value)
      else fixed.set(object, value)
    }
  }
  return Beside
}

/** The original of each clone. */
const origins = new WeakMap<object, object>()

/** For each `clone` of a platform, the one that also tells of what was cloned. */
const telling = new WeakMap<object, unknown>()

/** Wraps `clone` of this request: a clone itself does not say what it was made from. */
function tellClones(request: object & { clone?: unknown }): void {
  const { clone } = request
  if (typeof clone !== 'function' || telling.get(clone) === clone) return
  let value = telling.get(clone)
  if (value === undefined) {
    value = function (this: object): object {
      const copy: object = Reflect.apply(clone, this, [])
      origins.set(copy, this)
      tellClones(copy)
      return copy
    }
    telling.set(clone, value)
    telling.set(value as object, value)
  }
  Reflect.defineProperty(request, 'clone', { value, configurable: true, writable: true })
}
