import { andThen, type Maybe } from '../../crypto/maybe.ts'
import { SessionError } from '../../errors.ts'
import type { Circumstances, LoadedSession } from '../engine.ts'
import { authOf } from '../model/standing.ts'
import type { BoundSettings } from '../options/device-bound.ts'
import type { IncomingTickets, RequestHeaders } from '../request/incoming.ts'
import type { Core, DeviceBinding, LoadResult, OwnAnswer, OwnRequest } from '../request/load.ts'
import type { HeaderLine } from '../request/tickets.ts'
import { Endpoints, REGISTRATION } from './endpoints.ts'
import { BoundCookie } from './instruction.ts'
import { againPage, mayComeAgain } from './page.ts'
import { stateIn } from './state.ts'
import { BoundTokens } from './tokens.ts'

export type { Core, DeviceBinding }

/** Binds the sessions of one site to devices. */
export class Binding implements DeviceBinding {
  readonly #core: Core
  readonly #settings: BoundSettings
  readonly #tokens: BoundTokens
  readonly #cookie: BoundCookie
  readonly #endpoints: Endpoints

  constructor(core: Core) {
    this.#core = core
    this.#settings = core.engine.deviceBound as BoundSettings
    this.#tokens = new BoundTokens(core.engine)
    this.#cookie = new BoundCookie(core, this.#settings)
    core.transport.besides = this.#cookie.cleared
    this.#endpoints = new Endpoints(core, this.#settings, this.#tokens, this.#cookie)
  }

  async offer({ contents }: LoadedSession): Promise<readonly HeaderLine[]> {
    const { sid, print } = stateIn(contents) ?? {}
    if (sid === undefined || print !== undefined) return []
    const challenge = await this.#tokens.challenge(['register', sid], REGISTRATION)
    const text = `(ES256 RS256);path="${this.#settings.path}/register";challenge="${challenge}"`
    return [['secure-session-registration', text]]
  }

  judge(result: LoadResult, incoming: IncomingTickets, request: Circumstances): Maybe<LoadResult> {
    const { loaded } = result
    if (!loaded) return result
    const { values } = incoming.named(this.#cookie.name)
    return andThen(this.#isHere(loaded, values), (isHere) => {
      if (isHere) return result
      const { loaded: _, ticket: __, via: ___, ...rest } = result
      this.#core.engine.emit({ type: 'refused', reason: 'lapsed', handle: loaded.handle }, { request, ...loaded.contents })
      const what = 'A change was refused: the visitor’s session is bound to a device, whose cookie did not come.'
      const lines = values.length > 0 ? this.#cookie.cleared : []
      return { ...rest, blocked: new SessionError('NOT_BOUND', what), lapsed: { session: loaded, lines } }
    })
  }

  async answer(request: OwnRequest): Promise<OwnAnswer | undefined> {
    const { pathname } = new URL(request.url, 'http://localhost')
    const { path } = this.#settings
    if (request.method === 'POST') {
      if (pathname === `${path}/register`) return this.#endpoints.register(request.presented)
      return pathname === `${path}/refresh` ? this.#endpoints.refresh(request.presented) : undefined
    }
    const mark = `${this.#cookie.name}-again`
    if (!mayComeAgain(request, this.#core.transport.incoming(request.presented), this.#cookie.name, mark)) return undefined
    return (await this.#isLapsed(request.presented)) ? againPage(mark, this.#core.transport) : undefined
  }

  async #isLapsed(presented: RequestHeaders): Promise<boolean> {
    const { loaded } = await this.#endpoints.load(presented)
    return loaded !== undefined && !(await this.#isHere(loaded, []))
  }

  /** Whether the device of this session is here, or need not be. At once where the platform can. */
  #isHere({ contents }: LoadedSession, cookies: readonly string[]): Maybe<boolean> {
    const { sid = '', print, confirmed } = stateIn(contents) ?? {}
    if (print === undefined || !confirmed) return !this.#isMissing(contents)
    const isOne = (at: number): Maybe<boolean> => {
      const cookie = cookies[at]
      return cookie !== undefined && andThen(this.#tokens.isCookie(sid, print, cookie), (is) => is || isOne(at + 1))
    }
    return isOne(0)
  }

  /** Whether a session that is to be bound had the time for it. */
  #isMissing(contents: LoadedSession['contents']): boolean {
    const { required, firstMaxAge, grace } = this.#settings
    if (!required || contents.owner === undefined) return false
    return this.#core.engine.now() > (authOf(contents)?.at ?? 0) + (REGISTRATION + firstMaxAge + grace) * 1000
  }
}
