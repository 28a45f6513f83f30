import type { AdapterSessions } from '../../../core/adapter.ts'
import type { Store as Records } from '../../../stores/store.ts'
import type { ExpressStoreLike } from '../../../stores/wrapping/express-session.ts'
import type { Done, Http } from './http.ts'
import { ATTENDED, type Attended, type Emitter, Store } from './store.ts'

type Answer<T> = (error?: unknown, value?: T) => void
/** A session as express-session's stores keep it. */
interface Plain extends Record<string, unknown> {
  cookie: object
}

const answered = <T>(answer: Answer<T> | undefined, promise: Promise<T>): void =>
  void promise.then(
    (value) => answer?.(null, value),
    (error: unknown) => answer?.(error),
  )

/** `req.sessionStore`: sessions by their `req.sessionID`, which opens nothing. */
export class SessionStore extends Store {
  /** False while a store that emits `disconnect` and `connect` is not there: requests have no session then. */
  isReady = true
  readonly #records: Records
  #adapter: AdapterSessions | undefined

  constructor(records: Records) {
    super()
    this.#records = records
  }

  static over(records: Records, upstream: ExpressStoreLike | undefined): SessionStore {
    const store = new SessionStore(records)
    const { on } = (upstream ?? {}) as Partial<Emitter>
    const says = (event: string, isReady: boolean): void => {
      if (typeof on !== 'function') return
      Reflect.apply(on, upstream, [
        event,
        () => {
          store.isReady = isReady
          store.emit(event)
        },
      ])
    }
    says('disconnect', false)
    says('connect', true)
    return store
  }

  attend(req: Http, attended: Attended, adapter: AdapterSessions): void {
    ATTENDED.set(req, attended)
    this.serve(adapter)
    req.sessionStore = this
  }
  /** The sessions that it shows are those of `adapter`. */
  serve(adapter: AdapterSessions): void {
    this.#adapter = adapter
  }

  get(sid: string, done: Answer<Plain | undefined>): void {
    answered(done, this.#read(sid))
  }
  load(sid: string, done: Answer<Plain | undefined>): void {
    answered(done, this.#read(sid))
  }
  /** A session is stored by its own request alone: written from elsewhere, it would undo what that changes. */
  set(_: string, __: object, done?: Answer<never>): void {
    const error = new TypeError(
      'coatcheck: sessionStore.set() is not supported. Change req.session, and call req.session.save().',
    )
    queueMicrotask(() => done?.(error))
  }
  touch(_: string, __: object, done?: Done): void {
    queueMicrotask(() => done?.())
  }
  destroy(sid: string, done?: Done): void {
    answered(done && ((error) => done(error)), Promise.resolve(this.#owners?.end?.(sid, undefined)))
  }
  all(done: Answer<Plain[]>): void {
    answered(done, this.#all())
  }
  length(done: Answer<number>): void {
    const count = async (): Promise<number> => (await this.#all()).length
    answered(done, count())
  }
  clear(done?: Done): void {
    answered(done && ((error) => done(error)), Promise.resolve(this.#owners?.endEverything?.()))
  }

  get #owners(): AdapterSessions['core']['persistence']['owners'] {
    return this.#adapter?.core.persistence.owners
  }
  async #read(sid: string): Promise<Plain | undefined> {
    const values = await this.#owners?.values?.(sid)
    return values && { cookie: {}, ...values }
  }
  async #all(): Promise<Plain[]> {
    const all: Plain[] = []
    let after: string | undefined
    do {
      const page = await this.#records.list?.(after, 1000)
      for (const key of page?.keys ?? []) {
        // A key of before a new id leads to the session, which comes by its own.
        const isItsOwn = (await this.#owners?.find?.(key))?.handle === key
        const session = isItsOwn ? await this.#read(key) : undefined
        if (session) all.push(session)
      }
      after = page?.next
    } while (after !== undefined)
    return all
  }
}

/** A store in memory, over `memoryStore`. */
export type MemoryStore = Store & Records
export const memoryStoreClass = (memoryStore: () => Records): (new () => MemoryStore) =>
  class extends Store {
    constructor() {
      super()
      Object.assign(this, memoryStore())
    }
  } as never
