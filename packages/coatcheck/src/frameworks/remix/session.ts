import type { LiveSession, Scope } from '../../core/face.ts'
import { remixFlash } from '../../foreign/flash-keys.ts'

/** Values and, as `__flash_<key>__`, flash values. */
export type SessionData<Data, Flash> = Partial<Data & { [Key in keyof Flash as `__flash_${Key & string}__`]: Flash[Key] }>

/** A session as Remix and React Router have it, and what they lack. Changes are stored by `commitSession`. */
export interface Session<Data = Record<string, unknown>, Flash = Data> {
  /** The session's public name, empty while it is not stored. It opens nothing. */
  readonly id: string
  /** Whether nothing can be written, because the store could not be read (`whenStoreDown`). Not in Remix. */
  readonly readOnly: boolean
  /** A copy of the values, and of the flash values as `__flash_<key>__`. */
  readonly data: SessionData<Data, Flash>
  has(name: (keyof Data | keyof Flash) & string): boolean
  /** The value, or the flash value of this name, which is then gone. */
  get<Key extends (keyof Data | keyof Flash) & string>(
    name: Key,
  ): (Key extends keyof Data ? Data[Key] : undefined) | (Key extends keyof Flash ? Flash[Key] : undefined) | undefined
  set<Key extends keyof Data & string>(name: Key, value: Data[Key]): void
  /** Leaves a value that can be read once. */
  flash<Key extends keyof Flash & string>(name: Key, value: Flash[Key]): void
  unset(name: keyof Data & string): void
  /** Changes a value by what it was; run again on the fresh value when another request was faster. Not in Remix. */
  update<Key extends keyof Data & string>(name: Key, change: (value: Data[Key] | undefined) => Data[Key]): Data[Key]
  /** A new id; the old ticket shows for `grace` seconds what there was, then nothing. For a sign-in. Not in Remix. */
  regenerateId(): void
  /** Makes this the session of a user, under a new id. Not in Remix. */
  signIn(owner: string): void
}

type Values = Record<string, unknown>

/** What a session is made of: that of a request, or plain values. */
const SCOPES = new WeakMap<object, Scope>()
const VIEWS = new WeakMap<Scope, Session<Values>>()

export const scopeOf = (session: object): Scope | undefined => SCOPES.get(session)

/** The session of a scope; the same object for the same scope. */
export function viewOf(scope: Scope): Session<Values> {
  const known = VIEWS.get(scope)
  if (known) return known
  const live = (): LiveSession => scope.session ?? scope.afresh()
  const flashed = (key: string): boolean => live().flashKeys().includes(key)
  const view: Session<Values> = {
    get id() {
      return live().handle ?? ''
    },
    get readOnly() {
      return live().readOnly
    },
    get data() {
      const flash = live()
        .flashKeys()
        .map((key) => [`__flash_${key}__`, live().peek(key)] as const)
      return { ...live().data, ...Object.fromEntries(flash) } as Values
    },
    has: (key) => live().has(key) || flashed(key),
    get: ((key: string) => (live().has(key) ? live().get(key) : live().flash(key))) as Session<Values>['get'],
    // As JSON, which knows no undefined, would have it in the next request.
    set: (key, value) => void (value === undefined ? live().delete(key) : live().set(key, value)),
    flash: (key, value) => void (value === undefined ? live().flash(key) : live().flash(key, value)),
    unset: (key) => void live().delete(key),
    update: (key, change) => live().update(key, change),
    regenerateId: () => live().regenerateId(),
    signIn: (owner) => live().signIn(owner),
  }
  VIEWS.set(scope, view)
  SCOPES.set(view, scope)
  return view
}

/** A session that no request has yet, with these values; `commitSession` of any storage keeps it. */
export function createSession<Data = Values, Flash = Data>(initialData: object = {}, id = ''): Session<Data, Flash> {
  const { values, flash } = remixFlash(initialData as Values)
  const data = new Map(Object.entries(values))
  const flashes = new Map(Object.entries(flash))
  const session: Session<Values> = {
    id,
    readOnly: false,
    get data() {
      const left = [...flashes].map(([key, value]) => [`__flash_${key}__`, value] as const)
      return Object.fromEntries([...data, ...left])
    },
    has: (key) => data.has(key) || flashes.has(key),
    get: ((key: string) => {
      if (data.has(key)) return data.get(key)
      const value = flashes.get(key)
      flashes.delete(key)
      return value
    }) as Session<Values>['get'],
    set: (key, value) => void data.set(key, value),
    flash: (key, value) => void flashes.set(key, value),
    unset: (key) => void data.delete(key),
    update(key, change) {
      const value = change(data.get(key))
      data.set(key, value)
      return value
    },
    // There is no old ticket yet.
    regenerateId: () => {},
    signIn: (owner) => void OWNERS.set(session, owner),
  }
  return session as unknown as Session<Data, Flash>
}

/** Who signed in to a session that no request has yet. */
const OWNERS = new WeakMap<object, string>()

/** Puts what a session without a request holds into one that has one. */
export function copyInto(live: LiveSession, session: Session<Values>): void {
  const { values, flash } = remixFlash(session.data as Values)
  const known = (of: Values) => Object.entries(of).filter(([, value]) => value !== undefined)
  live.replace(Object.fromEntries(known(values)))
  for (const [key, value] of known(flash)) live.flash(key, value)
  const owner = OWNERS.get(session)
  if (owner !== undefined) live.signIn(owner)
}

export function isSession(object: unknown): object is Session {
  const { id, data, has, get, set, flash, unset } = (object ?? {}) as Partial<Session>
  const are = [has, get, set, flash, unset].every((method) => typeof method === 'function')
  return typeof id === 'string' && data !== undefined && are
}
