import { type AdapterSessions, type LiveSession, propertiesOf, type RequestSession, snapshot } from '../../core/adapter.ts'

/** One visitor's request, as long as the same object of Astro stands for its session. */
export interface Visit {
  readonly adapter: AdapterSessions
  /** Another one after `load`. */
  requestSession: RequestSession
  /** Request sessions that `load` left: only their end is stored. */
  left: readonly { readonly requestSession: RequestSession; readonly done: Promise<void> }[]
  /** The ticket that `load` was given. */
  loaded?: string
  /** `set` was called: Astro then sends the cookie again, and its time begins anew. */
  sets?: boolean
  /** `destroy` was called: that stands, whatever becomes of the request. */
  ends?: boolean
}

/** The members of Astro's session. */
export interface SessionMethods {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown, options?: { ttl?: number }): void
  has(key: string): Promise<boolean>
  delete(key: string): void
  keys(): Promise<MapIterator<string>>
  values(): Promise<unknown[]>
  entries(): Promise<[string, unknown][]>
  regenerate(): Promise<void>
  destroy(): void
  load(sessionID: string): Promise<void>
}

/** How coatcheck/astro/session finds the way back, also when a bundler made two copies of this library. */
export const ENGINE: symbol = Symbol.for('coatcheck.astro')

/** Sessions that were ended in their request: what is written next begins another. */
const over = new WeakSet<LiveSession>()

const ID = propertiesOf<Visit>({ sessionID: { get: ({ requestSession }) => requestSession.ticket } })

/** Whether this object of Astro speaks for our session already. */
export const isShadowed = (theirs: object): boolean => ID.of(theirs) !== undefined

/** Makes `theirs`, the object that pages, components, actions and endpoints share, speak for our session. Only what is public is used. */
export function shadow(theirs: object, visit: Visit, ttl: number | undefined): void {
  const own: SessionMethods = methodsOf(visit, ttl)
  for (const [name, value] of Object.entries(own)) define(theirs, name, { value })
  ID.put(theirs, visit)
  define(theirs, ENGINE, { value: () => visit.requestSession.open() })
  // The one method without a name stores the session at the end, which is done already.
  const prototype: Record<symbol, unknown> = Object.getPrototypeOf(theirs)
  for (const symbol of Object.getOwnPropertySymbols(prototype)) {
    if (typeof prototype[symbol] === 'function') define(theirs, symbol, { value: async () => {} })
  }
}

function define(object: object, name: string | symbol, what: PropertyDescriptor): void {
  Object.defineProperty(object, name, { ...what, configurable: true })
}

function methodsOf(visit: Visit, ttl: number | undefined): SessionMethods {
  const open = () => visit.requestSession.open()
  /** In the order of the calls, whether the session is open yet or not. */
  const write = (change: (session: LiveSession) => void) =>
    visit.requestSession.later((session) => {
      if (over.delete(session)) session.restart()
      change(session)
    })
  return {
    // As in Astro, nothing can be kept under an empty key, and asking for it is no fault.
    get: async (key) => (key === '' ? undefined : (await open()).get(key)),
    has: async (key) => key !== '' && (await open()).has(key),
    keys: async () => new Map((await open()).entries()).keys(),
    values: async () => (await open()).entries().map(([, value]) => value),
    entries: async () => (await open()).entries(),
    set(key, value, options) {
      const lives = options?.ttl ?? ttl
      const how = lives === undefined ? {} : { ttl: lives }
      // A copy, as Astro makes one: what the caller does to the value afterwards is no change of the session.
      const { shaping } = visit.requestSession.core.engine
      const isKnown = !shaping || shaping.shape !== undefined // else it is looked at when the session is open
      const copy = isKnown ? snapshot(key, value, shaping?.shape) : value
      // Refused at the call what cannot be stored, as Astro does, even when the session is not open yet.
      if (isKnown && !visit.requestSession.session) visit.adapter.fromTicket(null).afresh().set(key, copy, how)
      visit.sets = true
      write((session) => session.set(key, copy, how))
    },
    delete: (key) => void (key !== '' && write((session) => session.delete(key))),
    regenerate() {
      const isOver = visit.ends === true
      write((session) => {
        session.regenerateId()
        session.askForKey()
        // As in Astro, a stranger has a session from here on; who was signed out a moment ago has none.
        if (!isOver) session.begin()
      })
      const done = open().then(() => {})
      // The commit at the end of the request tells it as well, so that nobody has to wait here.
      done.catch(() => {})
      return done
    },
    destroy() {
      visit.ends = true
      visit.requestSession.later((session) => {
        session.destroy()
        over.add(session)
      })
    },
    load(sessionID) {
      // At once, so that nobody has to wait for it. What was changed before is lost, as Astro says; what was ended stays ended.
      const { requestSession } = visit
      const done = visit.ends ? requestSession.open().then(() => requestSession.abandon()) : requestSession.abandon()
      done.catch(() => {})
      visit.left = [...visit.left, { requestSession, done }]
      visit.requestSession = visit.adapter.fromTicket(String(sessionID))
      visit.loaded = String(sessionID)
      visit.sets = true
      const opened = open().then(() => done)
      opened.catch(() => {})
      return opened
    },
  }
}
