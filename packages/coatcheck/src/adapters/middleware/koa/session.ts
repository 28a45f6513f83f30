import { besides, DEVICE } from '../../../core/adapter.ts'
import { deviceIn, type Values } from '../express-session/session.ts'
import { withValues } from './properties.ts'

type Callback = (error?: unknown) => void

/** Milliseconds, or until the browser closes. */
type SessionAge = number | 'session' | undefined

/** What a session does through the request that it belongs to. */
export interface Behind {
  values: Values
  readonly externalKey: string | undefined
  maxAge(): SessionAge
  last(maxAge: SessionAge): void
  commit(how?: CommitOptions): Promise<void>
}

export interface CommitOptions {
  readonly save?: boolean
  readonly regenerate?: boolean
}

/** `ctx.session`: the values as properties, and koa-session's methods. A key that begins with `_`, and a function, is not stored. */
export interface Session {
  /** Whether no session was opened, and none was assigned. */
  isNew: boolean
  /** How many values there are. */
  readonly length: number
  readonly populated: boolean
  /** Milliseconds; assigning it says how long this session lasts from here on, and stores it. */
  maxAge: number | 'session' | undefined
  /** A name of the record in the store, which opens nothing. undefined without a store. */
  readonly externalKey: string | undefined
  toJSON(): Record<string, unknown>
  inspect(): Record<string, unknown>
  /** Stores what changed now, also a session that is empty. */
  save(callback?: Callback): Promise<void> | undefined
  /** Gives the session a new id; the values stay. */
  regenerate(callback?: Callback): Promise<void> | undefined
  /** Stores what changed now, for `autoCommit: false`. */
  manuallyCommit(): Promise<void>
  commit(options?: CommitOptions | Callback, callback?: Callback): Promise<void> | undefined
  [key: string]: unknown
}

const BEHIND = besides<Behind>()

const behindOf = (session: object): Behind => {
  const behind = BEHIND.get(session)
  if (behind) return behind
  throw new TypeError('coatcheck: this is no session of a request. Use `ctx.session`.')
}

/** As koa-session: with a callback nothing is returned. */
function told(action: Promise<void>, callback: Callback | undefined): Promise<void> | undefined {
  if (!callback) return action
  action.then(() => callback(), callback)
  return undefined
}

function json(this: Session): Record<string, unknown> {
  const { values } = behindOf(this)
  return Object.fromEntries([...values.keys()].map((key) => [key, values.get(key)]))
}

const METHODS: Partial<Session> & Record<symbol, unknown> = {
  toJSON: json,
  inspect: json,
  [Symbol.for('nodejs.util.inspect.custom')]: json,
  save(this: Session, callback?: Callback) {
    return told(behindOf(this).commit({ save: true }), callback)
  },
  regenerate(this: Session, callback?: Callback) {
    return told(behindOf(this).commit({ regenerate: true }), callback)
  },
  manuallyCommit(this: Session) {
    return behindOf(this).commit()
  },
  commit(this: Session, options?: CommitOptions | Callback, callback?: Callback) {
    if (typeof options === 'function') return told(behindOf(this).commit(), options)
    return told(behindOf(this).commit(options), callback)
  },
}

const PROTOTYPE = Object.defineProperties({} as Session, {
  [DEVICE]: deviceIn(behindOf),
  length: {
    get(this: Session) {
      return Object.keys(this.toJSON()).length
    },
  },
  populated: {
    get(this: Session) {
      return this.length > 0
    },
  },
  maxAge: {
    get(this: Session) {
      return behindOf(this).maxAge()
    },
    set(this: Session, maxAge: SessionAge) {
      behindOf(this).last(maxAge)
    },
  },
  externalKey: {
    get(this: Session) {
      return behindOf(this).externalKey
    },
  },
  ...Object.fromEntries(
    Reflect.ownKeys(METHODS).map((key) => [key, { value: METHODS[key as string], configurable: true, writable: true }]),
  ),
})

/** Whether koa-session keeps a key of this name for itself. */
export const isPrivate = (key: string): boolean => key.startsWith('_')

/** The object of one session, as a request sees it. */
export function sessionOver(behind: Behind, isNew: boolean, expire: number | undefined): Session {
  const own = Object.assign(Object.create(PROTOTYPE) as Session, { isNew, _requireSave: false, _expire: expire })
  const session = withValues(own, () => behind.values, isPrivate)
  BEHIND.set(own, behind)
  BEHIND.set(session, behind)
  return session
}
