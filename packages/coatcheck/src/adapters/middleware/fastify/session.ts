import { besides, DEVICE } from '../../../core/adapter.ts'
import { deviceIn, type Values } from '../express-session/session.ts'
import { withValues } from '../koa/properties.ts'
import type { Cookie, CookieOptions } from './cookie.ts'

type Callback = (error?: unknown) => void

/** What a session does through the request that it belongs to. */
export interface Behind {
  values: Values
  readonly id: string
  ticket(): string
  /** `save()` has stored it in this request. */
  isSaved: boolean
  isModified(): boolean
  renewed(options: CookieOptions): Cookie
  save(): Promise<void>
  reload(): Promise<void>
  regenerate(keys: readonly string[]): Promise<void>
  destroy(): Promise<void>
}

/** The methods of `request.session`. */
export interface SessionMethods<Data> {
  cookie: Cookie
  /** Names the session, in logs for example, and opens nothing. */
  readonly sessionId: string
  /** The secret value that the cookie has; empty: the session is not stored yet. */
  readonly encryptedSessionId: string
  get<Key extends keyof Data>(key: Key): Data[Key] | undefined
  set<Key extends keyof Data>(key: Key, value: Data[Key] | undefined): void
  /** All values. If a value has this name, the property is the value. */
  data(): Partial<Data>
  /** Sets attributes of the cookie; `maxAge` in milliseconds. */
  options(options: CookieOptions): void
  /** The session's time begins again. */
  touch(): void
  /** Whether it holds other values than it came with, or was saved with. */
  isModified(): boolean
  /** Whether `save()` has stored it in this request. */
  isSaved(): boolean
  /** Stores what changed now, also a session that is empty. */
  save(): Promise<void>
  save(callback: Callback): void
  /** Reads the session again; what is not saved is forgotten. `request.session` is another object then. */
  reload(): Promise<void>
  reload(callback: Callback): void
  /** Ends this session and begins another, with the values of these keys. `request.session` is another object then. */
  regenerate(keys?: readonly string[]): Promise<void>
  regenerate(callback: Callback): void
  regenerate(keys: readonly string[], callback: Callback): void
  /** Ends the session; `request.session` is null then. */
  destroy(): Promise<void>
  destroy(callback: Callback): void
}

/** `request.session`: the values as properties, and the methods of @fastify/session. */
export type Session<Data extends object = Record<string, unknown>> = SessionMethods<Data> & Partial<Data>

const BEHIND = besides<Behind>()

const behindOf = (session: object): Behind => {
  const behind = BEHIND.get(session)
  if (behind) return behind
  throw new TypeError('coatcheck: this is no session of a request. Call the method on `request.session`.')
}

/** As @fastify/session: with a callback nothing is returned. */
function told(action: Promise<void>, callback: Callback | undefined): Promise<void> | undefined {
  if (!callback) return action
  action.then(() => callback(), callback)
  return undefined
}

type Any = Session & { cookie: Cookie }

const METHODS: Record<string, (this: Any, ...given: never[]) => unknown> = {
  get(key: string) {
    return Reflect.get(this, key)
  },
  set(key: string, value: unknown) {
    Reflect.set(this, key, value)
  },
  options(options: CookieOptions) {
    if (Object.keys(options).length > 0) this.cookie = behindOf(this).renewed(options)
  },
  touch() {
    if (this.cookie.originalMaxAge) this.cookie.maxAge = this.cookie.originalMaxAge
  },
  isModified() {
    return behindOf(this).isModified()
  },
  isSaved() {
    return behindOf(this).isSaved
  },
  save(callback?: Callback) {
    return told(behindOf(this).save(), callback)
  },
  reload(callback?: Callback) {
    return told(behindOf(this).reload(), callback)
  },
  regenerate(keys?: readonly string[] | Callback, callback?: Callback) {
    const done = typeof keys === 'function' ? keys : callback
    return told(behindOf(this).regenerate(Array.isArray(keys) ? keys : []), done)
  },
  destroy(callback?: Callback) {
    return told(behindOf(this).destroy(), callback)
  },
}

const PROTOTYPE = Object.create(Object.prototype, {
  ...Object.fromEntries(Object.entries(METHODS).map(([name, value]) => [name, { value, configurable: true, writable: true }])),
  [DEVICE]: deviceIn(behindOf),
  sessionId: {
    get(this: object) {
      return behindOf(this).id
    },
  },
  encryptedSessionId: {
    get(this: object) {
      return behindOf(this).ticket()
    },
  },
})

/** What plugins for @fastify/secure-session call. A value of the same name goes before it: @fastify/session has no such methods. */
const beside = (behind: Behind): Readonly<Record<string, () => unknown>> => ({
  data: () => Object.fromEntries([...behind.values.keys()].map((key) => [key, behind.values.get(key)])),
  delete: () => behind.destroy(),
})

/** The object of one session, as a request sees it. */
export function sessionOver(behind: Behind, cookie: Cookie): Session {
  const own: Any = Object.create(PROTOTYPE, {
    cookie: { value: cookie, writable: true, enumerable: true, configurable: true },
  })
  const others = beside(behind)
  const values: Values = {
    get: (key) => (behind.values.has(key) || !Object.hasOwn(others, key) ? behind.values.get(key) : others[key]),
    set: (key, value) => behind.values.set(key, value),
    has: (key) => behind.values.has(key),
    delete: (key) => behind.values.delete(key),
    keys: () => behind.values.keys(),
  }
  const session = withValues(own, () => values)
  BEHIND.set(own, behind)
  BEHIND.set(session, behind)
  return session
}
