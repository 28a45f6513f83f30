import { builtin } from '../../../builtin.ts'
import { type Besides, besides } from '../../../core/adapter.ts'
import type { Done, Http } from './http.ts'

/** The part of node:events' `EventEmitter` that is used here. */
export interface Emitter {
  on(event: string, listener: (...args: never[]) => void): this
  emit(event: string, ...args: unknown[]): boolean
}

/** The class that stores for express-session extend, with `class` or with `util.inherits`. */
export interface Store extends Emitter {
  /** Begins a session that holds nothing, on this request. */
  generate(req: Http): void
  /** Ends the session of this request, and begins an empty one. */
  regenerate(req: Http, done: Done): void
}

export interface StoreConstructor {
  new (): Store
  (this: unknown): void
  readonly prototype: Store
}

/** What a request lets its store do. */
export interface Attended {
  generate(): unknown
  regenerate(): Promise<void>
}
/** By request. */
export const ATTENDED: Besides<Attended> = besides()

const attendedOf = (req: Http): Attended => {
  const attended = ATTENDED.get(req)
  if (attended) return attended
  throw new TypeError('coatcheck: this request has not passed the session middleware. Pass the `req` of an Express handler.')
}

function storeClass(): StoreConstructor {
  const events = builtin((node) => node.getBuiltinModule('node:events'))
  function Store(this: object): void {
    if (events) Reflect.apply(events.EventEmitter, this, [])
  }
  if (events) Object.setPrototypeOf(Store.prototype, events.EventEmitter.prototype)
  Object.assign(Store.prototype, {
    generate(req: Http) {
      attendedOf(req).generate()
    },
    regenerate(req: Http, done: Done) {
      attendedOf(req)
        .regenerate()
        .then(() => done(), done)
    },
  })
  return Store as unknown as StoreConstructor
}

export const Store: StoreConstructor = storeClass()
