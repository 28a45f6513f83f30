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
  for (const [index, write] of before.recent.entries()) {
    if (write.at <= at - window - (index < from ? 0 : SKEW)) forgotten = Math.max(forgotten, write.number)
    else if (write.id !== answered) recent.push(write)
  }
  recent.push({ id, at, number })
  for (const write of recent.splice(0, recent.length - MOST)) forgotten = Math.max(forgotten, write.number)
  return { count: number, forgotten, recent }
}

/** Whether a write that would have been number `number` is among them. `unknown`: it is too long ago to tell. */
export function find({ forgotten, recent }: Writes, id: string, number: number): 'kept' | 'not kept' | 'unknown' {
  if (recent.some((write) => write.id === id)) return 'kept'
  return number > forgotten ? 'not kept' : 'unknown'
}

/** The fields of a record's text that say this. */
interface Fields {
  /** The number of writes, then id and time of each. */
  readonly log?: readonly (number | string)[] | undefined
  /**
   * Where writes between them were dropped: `forgotten`, then the number of each. A release that does not know this field keeps it when it
   * adds a write, and shows by that it does not: the last number is not the count any more.
   */
  readonly nth?: readonly number[] | undefined
}

export function encodeWrites({ count, forgotten, recent }: Writes): Fields {
  if (count === 0) return {}
  const log = [count, ...recent.flatMap(({ id, at }) => [id, at])]
  return forgotten === count - recent.length ? { log } : { log, nth: [forgotten, ...recent.map(({ number }) => number)] }
}

/** Throws for what `encodeWrites` did not write. */
export function decodeWrites(log: unknown, nth: unknown): Writes {
  if (log === undefined) return NO_WRITES
  const raw = log as readonly unknown[]
  const count = raw[0] as number
  const length = (raw.length - 1) / 2
  if (!Number.isSafeInteger(count) || !Number.isInteger(length) || count < length) throw new TypeError('not a list of writes')
  const numbers = areNumbers(nth, count, length) ? nth : undefined
  // Without them it is as if all that is missing had been forgotten.
  const forgotten = numbers?.[0] ?? count - length
  const recent: Write[] = []
  for (let index = 0; index < length; index++) {
    const [id, at] = [raw[2 * index + 1], raw[2 * index + 2]]
    if (typeof id !== 'string' || !Number.isSafeInteger(at)) throw new TypeError('not a list of writes')
    recent.push({ id, at: at as number, number: numbers?.[index + 1] ?? count - length + 1 + index })
  }
  return { count, forgotten, recent }
}

const areNumbers = (nth: unknown, count: number, length: number): nth is readonly number[] =>
  Array.isArray(nth) && nth.length === length + 1 && nth[length] === count && nth.every(Number.isSafeInteger)
