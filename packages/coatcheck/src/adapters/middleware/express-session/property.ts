import { type Properties, propertiesOf } from '../../../core/adapter.ts'
import type { Http } from './http.ts'
import type { Session } from './session.ts'

/** The property `session` of one request, which tells whether anybody looked: what nobody asked for leaves no trace in the response. */
export class Property {
  readonly #req: Http
  #now: unknown
  isRead = false

  constructor(req: Http) {
    this.#req = req
  }

  put(session: Session): void {
    this.#now = session
    SESSION.put(this.#req, this)
  }

  get session(): unknown {
    this.isRead = true
    return this.#now
  }
  set session(next: unknown) {
    this.isRead = true
    this.#now = next
  }

  remove(): void {
    this.isRead = true
    Reflect.deleteProperty(this.#req, 'session')
  }

  /** The session that the application left there; undefined: it removed it, or set it to null. */
  get left(): Session | undefined {
    return Object.hasOwn(this.#req, 'session') ? ((this.#now ?? undefined) as Session | undefined) : undefined
  }
}

/** `req.session` of many requests: that of what stands behind each. */
export const SESSION: Properties<{ session: unknown }> = propertiesOf({
  session: {
    enumerable: true,
    get: (behind) => behind.session,
    set(behind, session) {
      behind.session = session
    },
  },
})
