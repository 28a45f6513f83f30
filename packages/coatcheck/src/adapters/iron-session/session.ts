import { besides } from '../../core/adapter.ts'
import { bad, SessionError } from '../../errors.ts'
import type { Values } from '../middleware/express-session/session.ts'
import { withValues } from '../middleware/koa/properties.ts'
import { type Config, configOf } from './config.ts'
import type { IronSession, SessionOptions } from './interface.ts'
import type { Place } from './jars.ts'
import type { Visit } from './visit.ts'
import { visitFor } from './visits.ts'

/** One object that `getIronSession` gave. */
class Behind {
  readonly #place: Place
  #ends: number
  #visit: Visit
  #config: Config
  /** What is set in an object whose session was ended. */
  readonly #own = new Map<string, unknown>()

  constructor(place: Place, visit: Visit, config: Config) {
    this.#place = place
    this.#visit = visit
    this.#ends = visit.ends
    this.#config = config
  }

  /** The session was ended in this request, by this object or another. */
  get #isOver(): boolean {
    return this.#visit.ends > this.#ends
  }
  get values(): Values {
    return this.#isOver ? this.#own : this.#visit.values
  }

  async save(): Promise<void> {
    if (this.#isOver) {
      if (this.#own.size === 0) return
      throw new SessionError('ENDED', 'The session was ended by destroy(), and what was set afterwards is not saved.', {
        fix: 'Call getIronSession() again for a session to go on with.',
      })
    }
    this.#place.jar.assertWritable?.()
    const { expires } = this.#config.cookie
    if (expires && expires.getTime() < this.#visit.now())
      throw bad('cookieOptions.expires', 'is over', 'Use `ttl`, or make the date anew for each request.')
    await this.#follow()
    await this.#visit.save(this.#place, this.#config)
  }

  /** Goes on under the options of `updateConfig`, if the session is another one by these. */
  async #follow(): Promise<void> {
    if (this.#config.sessions === this.#visit.sessions) return
    const visit = await visitFor(this.#place, this.#config)
    await visit.follow(this.#visit)
    this.#visit = visit
    this.#ends = visit.ends
  }

  destroy(): Promise<void> {
    this.#own.clear()
    return this.#visit.end(this.#place, this.#config)
  }

  updateConfig(options: SessionOptions): void {
    this.#config = configOf(options)
  }

  regenerateId(): void {
    if (!this.#isOver) this.#visit.regenerateId()
  }

  update(key: string, change: (value: unknown) => unknown): unknown {
    if (!this.#isOver) return this.#visit.values.update(key, change)
    const value = change(this.#own.get(key))
    this.#own.set(key, value)
    return value
  }
}

const BEHIND = besides<Behind>()

export function behindOf(session: object): Behind {
  const behind = BEHIND.get(session)
  if (behind) return behind
  throw new TypeError('coatcheck: this is no session of iron-session. Pass what getIronSession() gave.')
}

/** The object of one session: its properties are the values. As with iron-session, the methods cannot be seen in it, and not be changed. */
export function sessionFor(place: Place, visit: Visit, config: Config): IronSession<Record<string, unknown>> {
  const behind = new Behind(place, visit, config)
  const own = Object.defineProperties({} as IronSession<Record<string, unknown>>, {
    save: { value: () => behind.save() },
    destroy: { value: () => behind.destroy() },
    updateConfig: { value: (options: SessionOptions) => behind.updateConfig(options) },
  })
  const session = withValues(own, () => behind.values)
  BEHIND.set(session, behind)
  return session
}
