import type { LiveSession, RequestSession } from '../../../core/adapter.ts'
import { valueIn } from '../koa/line.ts'
import { type LineOptions, OVER } from './line.ts'
import type { SecureSetup } from './secure-options.ts'
import { type SecureBehind, type SecureSession, secureSessionOver } from './secure-session.ts'
import { Visit } from './visit.ts'

/** One request's `request.session`, in the interface of @fastify/secure-session. */
export class SecureVisit extends Visit {
  readonly #setup: SecureSetup
  #session!: SecureSession
  #behind!: SecureBehind
  #renewsId = false
  /** `changed` as it was said last; undefined: as the values are. */
  #said: boolean | undefined

  constructor(setup: SecureSetup, requestSession: RequestSession, isHttps: boolean) {
    super(setup.cookieName, requestSession, isHttps)
    this.#setup = setup
  }

  begin(live: LiveSession): SecureSession {
    this.enter(live, () => false)
    const { values } = this
    const say = (changed: boolean): void => this.#say(changed)
    this.#behind = {
      values: {
        live,
        get: values.get,
        has: values.has,
        keys: values.keys,
        set(key, value) {
          say(true)
          // As JSON, which knows no undefined, would have it in the next request.
          if (value === undefined) values.delete(key)
          else values.set(key, value)
        },
        delete(key) {
          say(true)
          values.delete(key)
        },
      },
      isChanged: () => this.#isChanged,
      say,
      deleted: false,
      look: {},
      renewId: () => {
        this.#renewsId = true
      },
    }
    this.#session = secureSessionOver(this.#behind)
    this.show(this.#session)
    return this.#session
  }

  #say(changed: boolean): void {
    this.#said = changed
    this.isNews = true
  }

  get #isChanged(): boolean {
    if (this.#said !== undefined) return this.#said
    this.values.refresh()
    return this.live.changed
  }

  protected override async store(): Promise<string | undefined> {
    const { live, requestSession } = this
    const isTold = this.shows(this.#session) && this.#isChanged
    this.values.refresh()
    if (!isTold) {
      this.forget()
      await requestSession.commit()
      return undefined
    }
    if (this.#behind.deleted) {
      live.restart()
      await requestSession.commit()
      return ''
    }
    if (this.#renewsId && live.handle !== undefined) live.regenerateId()
    if (this.#renewsId) live.askForKey()
    this.#renewsId = false
    live.begin()
    const { current } = await requestSession.commit({ renews: true, always: 'asked' })
    return valueIn(current, this.#setup.cookieName)
  }

  protected override attributesOf(value: string): LineOptions {
    return { ...this.#setup.cookie, ...this.#behind.look, ...(value === '' && OVER) }
  }
}
