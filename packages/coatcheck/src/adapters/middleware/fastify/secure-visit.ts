import { answer, type LiveSession, type NodeResponse, nodeHeaders, type RequestSession } from '../../../core/adapter.ts'
import type { Values } from '../express-session/session.ts'
import { LiveValues } from '../express-session/values.ts'
import { valueIn, withoutLines } from '../koa/line.ts'
import { lineOf, OVER } from './line.ts'
import type { Visit } from './plugin.ts'
import type { SecureSetup } from './secure-options.ts'
import { type SecureBehind, type SecureSession, secureSessionOver } from './secure-session.ts'

/** One request's `request.session`, in the interface of @fastify/secure-session. */
export class SecureVisit implements Visit {
  readonly #setup: SecureSetup
  readonly #requestSession: RequestSession
  readonly #isHttps: boolean
  #live!: LiveSession
  #values!: LiveValues
  #session!: SecureSession
  #behind!: SecureBehind
  #shown: unknown
  #isRead = false
  #renewsId = false
  /** `changed` as it was said last; undefined: as the values are. */
  #said: boolean | undefined
  /** Something was said since the last commit. */
  #isNews = false
  #value: string | undefined
  #hasFailed = false

  constructor(setup: SecureSetup, requestSession: RequestSession, isHttps: boolean) {
    this.#setup = setup
    this.#requestSession = requestSession
    this.#isHttps = isHttps
  }

  get shown(): unknown {
    this.#isRead = true
    return this.#shown
  }
  set shown(value: unknown) {
    this.#isRead = true
    this.#isNews = true
    this.#shown = value
  }

  async open(): Promise<void> {
    this.begin(await this.#requestSession.open())
  }

  /** With the session that was opened. */
  begin(live: LiveSession): SecureSession {
    this.#live = live
    this.#values = new LiveValues(live, this.#requestSession, () => false)
    const values = this.#values
    const behind = { isChanged: () => this.#isChanged, say: (changed: boolean) => this.#say(changed) }
    const touching: Values = {
      get: values.get,
      has: values.has,
      keys: values.keys,
      set: (key, value) => {
        behind.say(true)
        // As JSON, which knows no undefined, would have it in the next request.
        if (value === undefined) values.delete(key)
        else values.set(key, value)
      },
      delete: (key) => {
        behind.say(true)
        values.delete(key)
      },
    }
    this.#behind = {
      values: touching,
      get changed() {
        return behind.isChanged()
      },
      set changed(changed) {
        behind.say(changed)
      },
      deleted: false,
      look: {},
      renewId: () => {
        this.#renewsId = true
      },
    }
    this.#session = secureSessionOver(this.#behind)
    this.#shown = this.#session
    return this.#session
  }

  #say(changed: boolean): void {
    this.#said = changed
    this.#isNews = true
  }

  get #isChanged(): boolean {
    if (this.#said !== undefined) return this.#said
    this.#values.refresh()
    return this.#live.changed
  }

  async commit(): Promise<void> {
    if (this.#hasFailed) return
    try {
      await this.#commit()
    } catch (error) {
      // Nothing is tried again behind the visitor's back.
      this.#hasFailed = true
      this.#value = undefined
      this.#values.clear()
      this.#requestSession.fail()
      throw error
    }
  }

  async #commit(): Promise<void> {
    const [live, requestSession] = [this.#live, this.#requestSession]
    const tells = this.#shown === this.#session && this.#isChanged
    this.#isNews = false
    this.#values.refresh()
    if (!tells) {
      this.#values.clear()
      requestSession.fail()
      await requestSession.commit()
      return
    }
    if (this.#behind.deleted) {
      live.restart()
      await requestSession.commit()
      this.#value = ''
      return
    }
    if (this.#renewsId && live.handle !== undefined) live.regenerateId()
    this.#renewsId = false
    live.begin()
    const { current } = await requestSession.commit({ renews: true, always: 'asked' })
    this.#value = valueIn(current, this.#setup.cookieName)
  }

  /** Before the headers leave, also those that skip the hook onSend; and for what changed since that. */
  settle(res: NodeResponse): void | Promise<void> {
    this.#values.refresh()
    if (this.#hasFailed || (!this.#isNews && this.#live.pending === 'nothing')) return this.#answer(res)
    return this.commit().then(() => this.#answer(res))
  }

  #answer(res: NodeResponse): void {
    if (!this.#isRead && this.#value === undefined) return
    const { cookieName, cookie } = this.#setup
    const headers = nodeHeaders(res)
    answer(headers, [this.#requestSession])
    withoutLines(headers, cookieName)
    if (this.#value === undefined) return
    const attributes = { ...cookie, ...this.#behind.look, ...(this.#value === '' && OVER) }
    headers.append('set-cookie', lineOf(cookieName, this.#value, attributes, this.#isHttps))
  }

  finish(): void {
    this.#requestSession.finish()
  }
}
