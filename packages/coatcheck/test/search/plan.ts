/**
 * What one request does to its session: R renews the id, S signs in as alice, B as bob, W writes, D destroys, O signs out, N reads, T reads
 * when the idle end is due to move.
 */
export type Letter = 'R' | 'S' | 'B' | 'W' | 'D' | 'O' | 'N' | 'T'
export const LETTERS = 'RSBWDONT'

/** How requests come to the engine: its own request session, or an adapter with its headers. */
export type Adapter = 'core' | 'fetch' | 'remix' | 'h3'

/** All times in milliseconds. */
export interface RequestPlan {
  readonly id: number
  readonly letter: Letter
  readonly browser: Person
  readonly instance: number
  /** When the browser sends it, with the cookies that it has then. */
  readonly at: number
  /** From its arrival until it opens the session. */
  readonly opensAfter: number
  /** From then until it changes the session and commits. */
  readonly hold: number
  /** It writes and commits once more, so much later. */
  readonly again?: number
  /** It moves or ends only, and writes nothing besides. */
  readonly bare?: boolean
  /** A commit that failed is made once more, so much later. */
  readonly retry?: number
  /** It leaves a flash value, or reads all there are. */
  readonly flash?: 'leaves' | 'takes'
  /** How long its answer travels; null: it never arrives. */
  readonly back: number | null
}

export type Person = 'victim' | 'attacker' | 'stranger'

/**
 * What happens to one call of the store. `twice`: its answer is lost, and the client sends it again. `doubled`: it is answered, and arrives
 * once more later. `lost`: it never arrives. `unanswered`: it is carried out, and nobody is told. `late`: it is carried out late, maybe
 * after its caller was told that the store failed. `dies`: the process dies before it, or after it. `refused`: the store says no at once.
 */
export type FaultKind = 'twice' | 'doubled' | 'lost' | 'unanswered' | 'late' | 'diesBefore' | 'diesAfter' | 'refused'

export interface Fault {
  readonly request: number
  /** The how many-th call of the store that this request makes, from 0. */
  readonly call: number
  readonly kind: FaultKind
  readonly by: number
}

/** `stage`: an instance begins anew with other secrets, and what it has begun goes on with those it had. */
export interface Happening {
  readonly at: number
  readonly what: 'prune' | 'kill' | 'stage'
  readonly instance: number
  readonly stage?: number
}

/** New options of the engine; given to it when it knows them. */
export interface Newer {
  readonly grace?: number
  readonly maxRequestTime?: number
  readonly onReplay?: 'report' | 'endSession' | 'endOwner'
}

/** One schedule: everything that decides what happens. */
export interface Plan {
  readonly seed: number
  /** Seconds. */
  readonly idle: number
  readonly absolute: number
  readonly adapter: Adapter
  /** How far each instance's clock goes ahead, in milliseconds; as many as there are instances. */
  readonly skews: readonly number[]
  /** Whose the victim's session is before; `none`: the victim has none. */
  readonly begins: 'guest' | 'alice' | 'none'
  /** `planted`: the victim's first ticket came from the attacker. `thief`: the attacker has a copy of the victim's. */
  readonly attacker: 'absent' | 'planted' | 'thief'
  readonly encrypt: boolean
  /** The attacker's ticket lies beside the victim's in the victim's browser, as another host of the site may put it there. */
  readonly beside?: boolean
  /** Most records in the memory store. */
  readonly capacity?: number
  /** Longest time of a call, each way, in milliseconds. */
  readonly jitter: number
  readonly newer?: Newer
  readonly requests: readonly RequestPlan[]
  readonly faults: readonly Fault[]
  readonly happenings: readonly Happening[]
}
