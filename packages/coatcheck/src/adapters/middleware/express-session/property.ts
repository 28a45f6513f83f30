import { propertiesOf } from '../../../core/adapter.ts'
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

  get now(): unknown {
    this.isRead = true
    return this.#now
  }
  set now(next: unknown) {
    this.isRead = true
    this.#now = next
  }

  remove(): void {
    this.isRead = true
    Reflect.deleteProperty(this.#req, 'session')
  }

  /** The session that the application left there; undefined: it removed it, or set it to null. */
  get session(): Session | undefined {
    return Object.hasOwn(this.#req, 'session') ? ((this.#now ?? undefined) as Session | undefined) : undefined
  }
}

const SESSION = propertiesOf<Property>({
  session: {
    enumerable: true,
    get: (property) => property.now,
    set(property, next) {
      property.now = next
    },
  },
})
