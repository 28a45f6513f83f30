import { SKEW } from './lifetime.ts'

/** One write of a session. */
export interface Write {
  readonly id: string
  /** Milliseconds since the epoch, by the clock of the process that wrote. */
  readonly at: number
  /** Which write of the session it was; where that is not known, the latest that it may have been. */
  readonly number: number
}

/**
 * The last writes of a session whose maker may not know yet that they were kept, oldest first. A client that sends a write again after a
 * lost answer finds its own write here.
 */
export interface Writes {
  /** How many there were in all. */
  readonly count: number
  /** Every write that counts later than this one is among the recent ones, or its maker has the answer. */
  readonly forgotten: number
  readonly recent: readonly Write[]
}

/**
 * The id of a write whose maker is told for sure whether it was kept: nobody has to look for it, and it is not found. To draw one for each
 * takes a third of a request's time in memory (docs/decisions/037-where-the-speed-ends.md).
 */
export const TOLD = ''

export const NO_WRITES: Writes = { count: 0, forgotten: 0, recent: [] }

/** So many are kept at most, so that a record cannot grow without end. */
const MOST = 512

/** So many that seem older are kept as well, since the clock of whoever made them may be behind. */
const BEHIND = 32

/**
 * Adds the write `id`, made at `at`. Forgets those made more than `window` milliseconds before it, and drops `answered`, whose maker is
 * this process and has its answer.
 */
export function withWrite(before: Writes, { id, at }: Omit<Write, 'number'>, window: number, answered?: string): Writes {
  const number = before.count + 1
  const recent: Write[] = []
  let { forgotten } = before
  const from = before.recent.length - BEHIND
  let index = 0
  for (const write of before.recent) {
    if (write.at <= at - window - (index++ < from ? 0 : SKEW)) forgotten = Math.max(forgotten, write.number)
    else if (write.id !== answered) recent.push(write)
  }
  recent.push({ id, at, number })
  while (recent.length > MOST) forgotten = Math.max(forgotten, recent.shift()?.number ?? 0)
  return { count: number, forgotten, recent }
}

/** Whether a write that would have been number `number` is among them. `unknown`: it is too long ago to tell. `TOLD` stands for one that the store refused. */
export function find({ forgotten, recent }: Writes, id: string, number: number): 'kept' | 'not kept' | 'unknown' {
  if (id === TOLD) return 'not kept'
  if (recent.some((write) => write.id === id)) return 'kept'
  return number > forgotten ? 'not kept' : 'unknown'
}
