import type { HydrogenSession } from '@shopify/hydrogen'
import { createCookieSessionStorage, type Session, type SessionStorage } from 'react-router'

/** The session class of Hydrogen's skeleton. */
export class AppSession implements HydrogenSession {
  public isPending = false

  #storage: SessionStorage
  #session: Session

  constructor(storage: SessionStorage, session: Session) {
    this.#storage = storage
    this.#session = session
  }

  static async init(request: Request, secrets: string[]) {
    const storage = createCookieSessionStorage({
      cookie: { name: 'session', httpOnly: true, path: '/', sameSite: 'lax', secrets },
    })
    const session = await storage.getSession(request.headers.get('Cookie')).catch(() => storage.getSession())
    return new this(storage, session)
  }

  get has() {
    return this.#session.has
  }
  get get() {
    return this.#session.get
  }
  get flash() {
    return this.#session.flash
  }
  get unset() {
    this.isPending = true
    return this.#session.unset
  }
  get set() {
    this.isPending = true
    return this.#session.set
  }

  /** A helper, as the skeleton invites to add some. */
  get userName(): string | undefined {
    return this.get('user')
  }

  destroy() {
    return this.#storage.destroySession(this.#session)
  }
  commit() {
    this.isPending = false
    return this.#storage.commitSession(this.#session)
  }
}
