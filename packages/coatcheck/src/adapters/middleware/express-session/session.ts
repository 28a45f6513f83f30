import { besides, DEVICE, type Device } from '../../../core/adapter.ts'
import type { Cookie } from './cookie.ts'
import type { Done } from './http.ts'

/** The values of a session. */
export interface Values {
  get(key: string): unknown
  set(key: string, value: unknown): void
  has(key: string): boolean
  delete(key: string): unknown
  keys(): Iterable<string>
  /** The session itself, as long as these are its values. */
  readonly live?: Device
}

/** For `deviceOf` of coatcheck/device-bound. */
export const deviceIn = (behindOf: (session: object) => { readonly values: Values }): PropertyDescriptor => ({
  get(this: object) {
    return behindOf(this).values.live
  },
})

/** What a session does through the request that it belongs to. */
export interface Behind {
  readonly values: Values
  readonly id: string
  save(): Promise<void>
  reload(): Promise<void>
  regenerate(): Promise<void>
  destroy(): Promise<void>
}

/** `req.session`: the values as properties, and express-session's methods. */
export interface Session {
  readonly id: string
  cookie: Cookie
  /** Stores what changed now, also a session that is empty. */
  save(done?: Done): this
  /** Reads the session again; what is not saved is forgotten. `req.session` is another object then. */
  reload(done: Done): this
  /** Ends this session and begins an empty one. `req.session` is another object then, and this one keeps showing what it held. */
  regenerate(done: Done): this
  /** Ends the session; `req.session` is undefined then. */
  destroy(done?: Done): this
  /** The session's time begins again. */
  touch(): this
  resetMaxAge(): this
  [key: string]: unknown
}

const BEHIND = besides<Behind>()

const behindOf = (session: object): Behind => {
  const behind = BEHIND.get(session)
  if (behind) return behind
  throw new TypeError('coatcheck: this is no session of a request. Call the method on `req.session`.')
}

/** express-session calls back with an error, or with nothing. */
function told(session: Session, action: Promise<void>, done: Done | undefined): Session {
  action.then(
    () => done?.(),
    (error: unknown) => {
      if (done) return done(error)
      console.error('coatcheck: the session was not stored, and nobody waited to be told. Pass a callback.', error)
    },
  )
  return session
}

const METHODS: Record<string, (this: Session, done?: Done) => Session> = {
  save(done) {
    return told(this, behindOf(this).save(), done)
  },
  reload(done) {
    return told(this, behindOf(this).reload(), done)
  },
  regenerate(done) {
    return told(this, behindOf(this).regenerate(), done)
  },
  destroy(done) {
    return told(this, behindOf(this).destroy(), done)
  },
  touch() {
    return this.resetMaxAge()
  },
  resetMaxAge() {
    this.cookie.maxAge = this.cookie.originalMaxAge
    return this
  },
}
interface SessionConstructor {
  (): never
  readonly prototype: Session
  [Symbol.hasInstance](value: unknown): boolean
}

function sessionClass(): SessionConstructor {
  function Session(): never {
    throw new TypeError('coatcheck: a session is made by its middleware. Use `req.session`.')
  }
  for (const [name, value] of Object.entries(METHODS))
    Object.defineProperty(Session.prototype, name, { value, configurable: true, enumerable: false, writable: true })
  Object.defineProperty(Session.prototype, DEVICE, deviceIn(behindOf))
  return Session as unknown as SessionConstructor
}

/** The class of `req.session`, for `instanceof` and for methods that an application adds to it. */
export const Session: SessionConstructor = sessionClass()

/**
 * The object of one session. Its own properties are the values; `cookie`, the methods, and what an application puts over a method belong to the
 * object alone. `id` and `req` cannot be seen in it, as with express-session.
 */
export function sessionOver(behind: Behind, cookie: Cookie, req: object): Session {
  const own = Object.create(Session.prototype, {
    cookie: { value: cookie, enumerable: true, writable: true, configurable: true },
    id: { value: behind.id },
    req: { value: req },
  }) as Session
  const isOwn = (key: string | symbol): boolean => typeof key === 'symbol' || key === '' || key in own
  const session = new Proxy(own, {
    get: (_, key) => (isOwn(key) ? Reflect.get(own, key, session) : behind.values.get(key as string)),
    has: (_, key) => key in own || behind.values.has(String(key)),
    set: (_, key, value) => (isOwn(key) ? Reflect.set(own, key, value) : stored(key as string, value)),
    defineProperty: (_, key, descriptor) =>
      isOwn(key) || !('value' in descriptor)
        ? Reflect.defineProperty(own, key, descriptor)
        : stored(key as string, descriptor.value),
    deleteProperty(_, key) {
      if (isOwn(key)) return Reflect.deleteProperty(own, key)
      behind.values.delete(key as string)
      return true
    },
    ownKeys: () => [...new Set([...Reflect.ownKeys(own), ...behind.values.keys()])],
    getOwnPropertyDescriptor(_, key) {
      if (isOwn(key)) return Reflect.getOwnPropertyDescriptor(own, key)
      if (!behind.values.has(key as string)) return undefined
      return { value: behind.values.get(key as string), writable: true, enumerable: true, configurable: true }
    },
  })
  const stored = (key: string, value: unknown): true => {
    behind.values.set(key, value)
    return true
  }
  BEHIND.set(session, behind)
  return session
}
