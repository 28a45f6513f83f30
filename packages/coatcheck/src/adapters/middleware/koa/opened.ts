import type { AdapterSessions, LiveSession, RequestSession } from '../../../core/adapter.ts'
import { LiveValues } from '../express-session/values.ts'
import type { KoaContext } from './http.ts'
import type { SessionOptions } from './interface.ts'
import type { Setup } from './options.ts'
import { isPrivate } from './session.ts'

/** The value that keeps how long a session lasts, when that is not what the options say. No value of the application has this name. */
const OWN = '_maxAge'

/** The session that one request opened, or began. */
export class Opened {
  readonly requestSession: RequestSession
  readonly live: LiveSession
  readonly values: LiveValues
  /** undefined without a store. */
  readonly externalKey: string | undefined

  private constructor(requestSession: RequestSession, live: LiveSession, externalKey: string | undefined) {
    this.requestSession = requestSession
    this.live = live
    this.values = new LiveValues(live, requestSession, isPrivate)
    this.externalKey = externalKey
  }

  /** Opens the session of a request. One that `valid` refuses is left as it is. */
  static async open(setup: Setup, ctx: KoaContext, adapter: AdapterSessions, came: RequestSession): Promise<Opened> {
    const live = await came.open()
    const { valid } = setup.options
    const first = new Opened(came, live, live.handle)
    if (live.handle === undefined || !valid) return first.#named(setup)
    const value = Object.fromEntries(first.values.keys().map((key) => [key, first.values.get(key)]))
    if (valid(ctx as never, value)) return first.#named(setup)
    queueMicrotask(() => ctx.app.emit('session:invalid', { key: setup.isStored ? live.handle : undefined, value, ctx }))
    came.finish()
    const other = adapter.detached({ get: () => null })
    return new Opened(other, await other.open(), undefined).#named(setup)
  }

  async #named({ isStored }: Setup): Promise<Opened> {
    if (!isStored) return new Opened(this.requestSession, this.live, undefined)
    if (this.externalKey !== undefined) return this
    return new Opened(this.requestSession, this.live, await this.requestSession.reserve())
  }

  /** Whether it is a session that was there before, or is stored by now. */
  get isKept(): boolean {
    return this.live.handle !== undefined
  }

  /** As at a sign-in, which koa-session does not know. */
  renewId(): void {
    this.live.regenerateId()
    this.live.askForKey()
  }

  /** Its own `maxAge`, if it has one. */
  get maxAge(): SessionOptions['maxAge'] {
    return this.live.get(OWN) as SessionOptions['maxAge']
  }

  /** Notes how long it lasts, if that is not what the options say. Seconds to tell the engine; undefined: nothing. */
  last(maxAge: number | 'session', { maxAge: usual, lastsOf }: Setup): number | undefined {
    const had = this.maxAge
    if (maxAge !== usual) this.live.set(OWN, maxAge)
    else if (had !== undefined) this.live.delete(OWN)
    else return undefined
    return lastsOf(maxAge) / 1000
  }
}
