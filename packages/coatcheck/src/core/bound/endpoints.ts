import { SessionError } from '../../errors.ts'
import type { LoadedSession, Saved } from '../engine.ts'
import { Attempts } from '../model/attempts.ts'
import type { Contents } from '../model/contents.ts'
import type { BoundSettings } from '../options/device-bound.ts'
import { Arrival, type RequestHeaders } from '../request/incoming.ts'
import { type Core, type LoadResult, loadSession, type OwnAnswer } from '../request/load.ts'
import { type HeaderLine, TicketResponse } from '../request/tickets.ts'
import type { BoundCookie } from './instruction.ts'
import { bareText, challengeIn, type Proof, readProof, thumbprintOf } from './proof.ts'
import { byTicket, Refreshing } from './refreshing.ts'
import { type BoundState, stateIn } from './state.ts'
import type { BoundTokens } from './tokens.ts'

/** Seconds that a browser has to register. */
export const REGISTRATION = 60
/** A refresh of a session that is not known is asked to come again so often: it may come with an older ticket than the browser has by now. */
const AGAIN = 2
const NAME = /^[\w-]{1,3000}$/

const PRIVATE: readonly HeaderLine[] = [
  ['cache-control', 'no-store'],
  ['cross-origin-resource-policy', 'same-origin'],
]
const refused = (status: number, headers: readonly HeaderLine[] = []): OwnAnswer => ({
  status,
  headers: [...PRIVATE, ...headers],
  body: '',
})

/** Where browsers register their keys and refresh their cookies. They answer nobody else, and never lead elsewhere. */
export class Endpoints {
  readonly #core: Core
  readonly #settings: BoundSettings
  readonly #tokens: BoundTokens
  readonly #cookie: BoundCookie
  readonly #refreshing: Refreshing

  constructor(core: Core, settings: BoundSettings, tokens: BoundTokens, cookie: BoundCookie) {
    this.#core = core
    this.#settings = settings
    this.#tokens = tokens
    this.#cookie = cookie
    this.#refreshing = new Refreshing(core)
  }

  /** The session of a request's tickets, whether its device is here or not. Throws for a store that is down. */
  async load(presented: RequestHeaders): Promise<LoadResult> {
    const arrival = this.#arrived(presented)
    const result = await loadSession(this.#core, arrival.tickets, arrival)
    if (result.down) throw result.down
    return result
  }

  #arrived(presented: RequestHeaders): Arrival {
    return new Arrival(this.#core.engine, presented, this.#core.transport.incoming(presented))
  }

  register = (presented: RequestHeaders): Promise<OwnAnswer> => this.#unlessDown(() => this.#register(presented))
  refresh = (presented: RequestHeaders): Promise<OwnAnswer> => this.#unlessDown(() => this.#refresh(presented))

  async #register(presented: RequestHeaders): Promise<OwnAnswer> {
    const header = presented.get('secure-session-response')
    const origin = originOf(presented)
    if (header === null || origin === undefined) return refused(400)
    const proof = readProof(header, undefined)
    const { loaded } = await this.load(presented)
    const before = stateIn(loaded?.contents)
    if (!proof || !loaded || !before || loaded.migrates) return refused(401)
    const challenge = await this.#tokens.challenged(['register', before.sid], proof.jti)
    if (!challenge || challenge.isOver || !(await proof.isGenuine())) return refused(401)
    const print = await thumbprintOf(proof.key)
    const registered = await this.#registered(presented, loaded, before, proof, print)
    if (!registered) return refused(401)
    const { state, name, saved } = registered
    return this.#given(state.sid, print, name, origin, Boolean(state.confirmed), this.#ticketLines(presented, saved))
  }

  /** undefined: the session has another key by now, or it is somebody else's. A lost answer is asked for again: the same key is in place. */
  async #registered(presented: RequestHeaders, loaded: LoadedSession, before: BoundState, { key }: Proof, print: string) {
    const { sid } = before
    const isSealed = this.#core.persistence.kind === 'sealed'
    if (before.print !== undefined && before.print !== print) return undefined
    const name = before.name ?? (await this.#tokens.name({ sid, ...(isSealed ? { jwk: key } : { key: loaded.handle }) }))
    if (before.print === print) return { state: before, name, saved: undefined }
    const state: BoundState = { sid, print, ...(!isSealed && { jwk: key, name }) }
    const saved = await this.#write(presented, loaded, state, (now) => now?.sid === sid && now.print === undefined)
    if (saved) return { state, name, saved }
    const found = await this.#refreshing.newest(loaded.handle)
    const there = typeof found === 'object' ? stateIn(found.contents) : undefined
    return there?.sid === sid && there.print === print ? { state: there, name: there.name ?? name, saved: undefined } : undefined
  }

  async #refresh(presented: RequestHeaders): Promise<OwnAnswer> {
    const name = bareText(presented.get('sec-secure-session-id') ?? '')
    if (!NAME.test(name)) return refused(400)
    const named = await this.#tokens.named(name)
    const header = presented.get('secure-session-response') ?? ''
    const { loaded, blocked } = await this.load(presented)
    const isCrossSite = presented.get('sec-fetch-site') === 'cross-site'
    const known = named ? await this.#refreshing.find(named, loaded, isCrossSite) : byTicket(name, loaded)
    if (known === 'ended') return this.#over(name)
    // Of a ticket that only another server can read, or that did not come, nobody knows whether its session lives.
    if (!known) return blocked || isCrossSite ? refused(503) : this.#unknown(name, header)
    const { state, jwk, isTicket } = known
    const { sid, print } = state
    const about = ['refresh', sid, print]
    const proof = readProof(header, jwk)
    const challenge = proof && (await this.#tokens.challenged(about, proof.jti))
    if (!proof || !challenge || challenge.isOver || !(await proof.isGenuine())) return this.#again(name, about)
    let saved: Saved | undefined
    if (loaded && isTicket && !state.confirmed) {
      const fits = (now: BoundState | undefined) => now?.sid === sid && (now.print ?? print) === print
      saved = await this.#write(presented, loaded, { ...state, confirmed: true }, fits)
    }
    const isConfirmed = Boolean(saved || state.confirmed || named?.jwk) // nobody but its ticket knows of a sealed session
    return this.#given(sid, print, name, originOf(presented), isConfirmed, this.#ticketLines(presented, saved))
  }

  /** Stores `state` if `may` be, by what is stored then. undefined: it may not, or the session has ended. */
  async #write(
    presented: RequestHeaders,
    loaded: LoadedSession,
    state: BoundState,
    may: (now: BoundState | undefined) => boolean,
  ): Promise<Saved | undefined> {
    let isRefused = false
    const edit = (_: unknown, contents: Contents): void => {
      isRefused = !may(stateIn(contents))
      if (isRefused) throw new SessionError('CONFLICT', 'The device was registered by another request.')
    }
    const changes = { values: new Map(), flash: new Map(), flashRead: new Set<string>(), more: { bound: state }, edit }
    const changeSet = { attempts: new Attempts(), changes, move: undefined, ended: false, begins: false }
    try {
      const saved = await this.#core.persistence.commit('update', loaded, changeSet, this.#arrived(presented), [])
      return saved.loaded && saved
    } catch (error) {
      if (isRefused) return undefined
      throw error
    }
  }

  /** A sealed session has a new ticket. */
  #ticketLines(presented: RequestHeaders, saved: Saved | undefined): readonly HeaderLine[] {
    const { transport, engine } = this.#core
    if (!saved?.loaded || saved.ticket === undefined) return []
    return new TicketResponse(transport, engine, transport.incoming(presented)).giving(saved.ticket, saved.loaded)
  }

  async #given(
    sid: string,
    print: string,
    name: string,
    origin: string | undefined,
    isConfirmed: boolean,
    lines: readonly HeaderLine[],
  ): Promise<OwnAnswer> {
    const lasts = this.#settings[isConfirmed ? 'maxAge' : 'firstMaxAge']
    const cookie = this.#cookie.line(await this.#tokens.cookie(sid, print, lasts), lasts)
    const next = await this.#challenge(name, ['refresh', sid, print])
    const headers: HeaderLine[] = [...PRIVATE, ['content-type', 'application/json'], cookie, ...lines, next]
    return { status: 200, headers, body: origin === undefined ? '' : this.#cookie.instruction(name, origin) }
  }

  async #challenge(name: string, about: readonly string[], nth?: number): Promise<HeaderLine> {
    const challenge = await this.#tokens.challenge(about, this.#settings.maxAge + 60, nth)
    return ['secure-session-challenge', `"${challenge}";id="${name}"`]
  }

  async #again(name: string, about: readonly string[], nth?: number): Promise<OwnAnswer> {
    return refused(403, [await this.#challenge(name, about, nth)])
  }

  async #unknown(name: string, header: string): Promise<OwnAnswer> {
    const about = ['unknown', name]
    const { nth = 0 } = (await this.#tokens.challenged(about, challengeIn(header) ?? '')) ?? {}
    return nth < AGAIN ? this.#again(name, about, nth + 1) : this.#over(name)
  }

  #over(name: string): OwnAnswer {
    const headers: HeaderLine[] = [...PRIVATE, ['content-type', 'application/json'], ...this.#cookie.cleared]
    return { status: 200, headers, body: JSON.stringify({ session_identifier: name, continue: false }) }
  }

  /** A store that is down, or a session that is written to all the time, ends nothing: browsers come again after a 503. */
  async #unlessDown(act: () => Promise<OwnAnswer>): Promise<OwnAnswer> {
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof SessionError)) throw error
      return refused(503)
    }
  }
}

/** The origin that the browser says the request is for: the same as that of the page, since it is no page's. */
function originOf(presented: RequestHeaders): string | undefined {
  const origin = presented.get('origin') ?? ''
  return URL.canParse(origin) && /^https?:/.test(origin) && new URL(origin).origin === origin ? origin : undefined
}
