import { besides, DEVICE } from '../../../core/adapter.ts'
import { deviceIn, type Values } from '../express-session/session.ts'
import { withValues } from '../koa/properties.ts'
import type { LineOptions } from './line.ts'

/** What a session does through the request that it belongs to. */
export interface SecureBehind {
  readonly values: Values
  isChanged(): boolean
  say(changed: boolean): void
  deleted: boolean
  /** What `options()` said last. */
  look: LineOptions
  renewId(): void
}

/** The methods of `request.session`. */
export interface SecureSessionMethods<Data> {
  /** Whether the cookie will be sent; false: what was changed is forgotten. A value of this name is there by `get` and `set` only. */
  changed: boolean
  /** Whether the session will be ended. A value of this name is there by `get` and `set` only. */
  deleted: boolean
  get<Key extends keyof Data>(key: Key): Data[Key] | undefined
  set<Key extends keyof Data>(key: Key, value: Data[Key] | undefined): void
  /** All values. */
  data(): Partial<Data>
  /** Ends the session with the response. */
  delete(): void
  /** Attributes of the cookie, instead of those that were set in this way before; `maxAge` in seconds. */
  options(options: LineOptions): void
  /** The session's time begins again, and the cookie is sent. */
  touch(): void
  /** Removes the values, but for those of these keys, and gives the session a new id. */
  regenerate(keys?: readonly string[]): void
}

/** `request.session` as that of @fastify/secure-session: the values as properties, and its methods. */
export type SecureSession<Data extends object = Record<string, unknown>> = SecureSessionMethods<Data> & Partial<Data>

const BEHIND = besides<SecureBehind>()

const behindOf = (session: object): SecureBehind => {
  const behind = BEHIND.get(session)
  if (behind) return behind
  throw new TypeError('coatcheck: this is no session of a request. Call the method on `request.session`.')
}

const METHODS: Record<string, (this: SecureSession, ...given: never[]) => unknown> = {
  get(key: string) {
    return behindOf(this).values.get(key)
  },
  set(key: string, value: unknown) {
    behindOf(this).values.set(key, value)
  },
  data() {
    const { values } = behindOf(this)
    return Object.fromEntries([...values.keys()].map((key) => [key, values.get(key)]))
  },
  delete() {
    const behind = behindOf(this)
    behind.deleted = true
    behind.say(true)
  },
  options(options: LineOptions) {
    behindOf(this).look = options ?? {}
  },
  touch() {
    behindOf(this).say(true)
  },
  regenerate(kept?: readonly string[]) {
    const behind = behindOf(this)
    for (const key of [...behind.values.keys()]) if (!(Array.isArray(kept) && kept.includes(key))) behind.values.delete(key)
    behind.renewId()
    behind.say(true)
  },
}

const PROTOTYPE = Object.create(Object.prototype, {
  ...Object.fromEntries(Object.entries(METHODS).map(([name, value]) => [name, { value, configurable: true, writable: true }])),
  [DEVICE]: deviceIn(behindOf),
  changed: {
    get(this: object) {
      return behindOf(this).isChanged()
    },
    set(this: object, value: unknown) {
      behindOf(this).say(Boolean(value))
    },
  },
  deleted: {
    get(this: object) {
      return behindOf(this).deleted
    },
    set(this: object, value: unknown) {
      behindOf(this).deleted = Boolean(value)
    },
  },
})

/** The object of one session, as a request sees it. */
export function secureSessionOver(behind: SecureBehind): SecureSession {
  const own: SecureSession = Object.create(PROTOTYPE)
  const session = withValues(own, () => behind.values)
  BEHIND.set(own, behind)
  BEHIND.set(session, behind)
  return session
}
