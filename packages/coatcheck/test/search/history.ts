import type { Person, Plan, RequestPlan } from './plan.ts'

/** What a request, or somebody who only looks, sees of a session. */
export interface Look {
  readonly isNew: boolean
  readonly readOnly: boolean
  /** Who the engine says is signed in, where the adapter can say it. */
  readonly owner: string | undefined
  /** The same as the application wrote it down. */
  readonly who: string | undefined
  /** The names of all writes, in order. */
  readonly log: readonly string[]
  readonly keys: readonly string[]
  /** The names of the flash values that it could read. */
  readonly flash: readonly string[]
  readonly handle: string | undefined
}

/** One write that a request made: its name, when its commit began, when it was acknowledged. */
export interface Write {
  readonly name: string
  readonly from: number
  acked: number | undefined
}

/** All that the outside saw of one request. */
export interface Visit {
  readonly plan: RequestPlan
  readonly browser: Person
  /** Which start of which process serves it, and how far its clock goes ahead. */
  readonly site: number
  readonly skew: number
  sentAt: number
  /** The ticket its browser had when it was sent. */
  presented: string | undefined
  /** Another one that somebody else put there. */
  beside: string | undefined
  opensFrom?: number
  saw?: Look
  /** When its first commit began, and when it changed the session for the last time. */
  commitAt?: number
  readonly writes: Write[]
  /** The flash value that it left, and those that it read. */
  left?: string
  took?: readonly string[]
  /** What it saw of the session after its commit. */
  after?: Look
  /** The handles of the session that its application met, one after the other. */
  readonly handles: Set<string>
  /** When the server was done with it. */
  doneAt?: number
  /** 200, or 500 when something was thrown; undefined: its process died. */
  status?: number
  error?: unknown
  /** An event said that its changes were not kept; `droppedAt`: when the first one said so. */
  dropped: boolean
  droppedAt?: number
  /** Why its ticket was not honoured, as an event said. */
  refused?: string
  lines: readonly string[]
  /** The ticket it was given. */
  given?: string
  /** It was told to forget its ticket. */
  cleared: boolean
  deliveredAt?: number
  /** What its answer replaced in the jar. */
  replaced?: string | undefined
  calls: number
  /** When a call of its own was last carried out by the store; and when one first changed something. */
  lastRanAt?: number
  firstWriteAt?: number
  /** When the last call was carried out whose answer it got, in time and before it was done. */
  knowsUntil?: number
}

/** A use of an old ticket that was reported. */
export interface Replay {
  readonly visit: Visit
  /** When the session got its new id, as the event said. */
  readonly movedAt: number
  readonly at: number
}

/** All tickets that were given out so far, opened by somebody whom nothing disturbs. */
export interface Probe {
  readonly at: number
  /** No request is under way and no call of the store is still to land. */
  readonly quiet: boolean
  readonly looks: ReadonlyMap<string, Look>
}

export interface History {
  readonly plan: Plan
  readonly visits: Visit[]
  readonly probes: Probe[]
  /** Each time the use of an old ticket was reported. */
  readonly replayed: Replay[]
  /** Writes to a record that leads on already, by a request that does not move it: the use of an old ticket is noted before it is acted on. */
  readonly marked: { readonly visit: Visit; readonly at: number }[]
  /** The handles of live sessions that the store dropped for lack of room, and when: a call that comes twice may bring one back, to be dropped again. */
  readonly evicted: { readonly key: string; readonly at: number }[]
  /** Each record that was begun, when, by which process, and whose place it is to take: the call may come twice. */
  readonly created: { readonly key: string; readonly at: number; readonly site: number; readonly from: string | undefined }[]
  /** Which records a process (`site`, as in `Visit`) updated after it had begun what takes their place: so they may lead there. */
  readonly led: { readonly site: number; readonly key: string }[]
  /** Rejections that nobody handled. */
  readonly unhandled: unknown[]
  /** Owned sessions that an index did not name. */
  readonly unlisted: string[]
  /** Owned records that no ticket opens. */
  orphans: number
  /** What happened, told for people. */
  readonly told: string[]
  /** The faults that did happen. */
  readonly struck: Set<number>
  /** What this engine promises with these options; `acts`: it ends sessions for the use of an old ticket. */
  readonly knows: {
    readonly grace: number
    readonly maxRequestTime: number
    readonly onReplay: 'report' | 'endSession' | 'endOwner'
  }
}
