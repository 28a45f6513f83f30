import type { PublicKey } from '../../crypto/signatures.ts'
import type { LoadedSession } from '../engine.ts'
import { isOver, lifeUnder } from '../model/lifetime.ts'
import { unreadable } from '../persistence/stored/pending-commit.ts'
import type { Core } from '../request/load.ts'
import type { VersionedRecord } from '../watch/watchable.ts'
import { thumbprintOf } from './proof.ts'
import { type BoundState, stateIn } from './state.ts'
import type { SessionName } from './tokens.ts'

/** New ids that are followed. */
const LONGEST_CHAIN = 100

/** A session whose device has a key. `isTicket`: the request's ticket opens it. */
export interface Known {
  readonly state: BoundState & { readonly print: string }
  readonly jwk: PublicKey
  readonly isTicket: boolean
}

/** Finds the session that a browser refreshes. */
export class Refreshing {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /**
   * By its name, which needs no ticket, and by the ticket, which outlives records that lead on. `ended`: certainly. undefined: unknown. A sealed
   * session is nowhere but in its ticket, which requests of other sites lack.
   */
  async find(named: SessionName, loaded: LoadedSession | undefined, isCrossSite: boolean): Promise<Known | 'ended' | undefined> {
    const ticket = stateIn(loaded?.contents)
    const isTicket = ticket?.sid === named.sid
    // The browser has another session by now, whose cookie this one's would take the place of. An old ticket says nothing of that.
    if (loaded && !isTicket && !loaded.isReplaced) return 'ended'
    if (named.jwk) {
      const print = await thumbprintOf(named.jwk)
      if (!loaded && !isCrossSite) return undefined
      return { state: { ...ticket, sid: named.sid, print }, jwk: named.jwk, isTicket }
    }
    const found = await this.newest(named.key)
    const state = found === 'over' ? undefined : (stateIn(found?.contents) ?? (isTicket ? ticket : undefined))
    if (found === 'over' || (found && state?.sid !== named.sid)) return 'ended'
    return state && complete(state, isTicket)
  }

  /** The record that a key leads to. `over`: it is there, and its time is certainly over. */
  async newest(key: string | undefined): Promise<VersionedRecord | 'over' | undefined> {
    const { live } = this.#core.persistence
    if (!live || key === undefined) return undefined
    let found = await live.read(key)
    for (let hop = 0; found?.forwarding && hop < LONGEST_CHAIN; hop++) found = await live.read(found.forwarding.key)
    if (!found || found.forwarding) return undefined
    if (found.fault) throw unreadable({ key: '', fault: found.fault })
    const { policy, now, deviceBound } = this.#core.engine
    // By the clock of any server: this one may be ahead, and the session used elsewhere at this moment.
    const latest = now() - (deviceBound?.grace ?? 0) * 1000
    return isOver(lifeUnder(found.record, found.contents, policy), latest) ? 'over' : found
  }
}

/** The session of a ticket, whose name is of a secret that is not known here. The record has the name as well. */
export function byTicket(name: string, loaded: LoadedSession | undefined): Known | undefined {
  const state = stateIn(loaded?.contents)
  return state?.name === name ? complete(state, true) : undefined
}

const complete = (state: BoundState, isTicket: boolean): Known | undefined =>
  state.print === undefined || !state.jwk ? undefined : { state: { ...state, print: state.print }, jwk: state.jwk, isTicket }
