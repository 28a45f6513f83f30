import { SKEW } from './lifetime.ts'

/** One write of a session. */
export interface Write {
  readonly id: string
  /** Milliseconds since the epoch, by the clock of the process that wrote. */
  readonly at: number
}

/**
 * The last writes of a session, oldest first, and how many there were in all. A client that sends a write again after a lost answer
 * finds its own write here.
 */
export interface Writes {
  readonly count: number
  readonly recent: readonly Write[]
}

export const NO_WRITES: Writes = { count: 0, recent: [] }

/** So many are kept at most, so that a record cannot grow without end. */
const MOST = 512

/** So many that seem older are kept as well, since the clock of whoever made them may be behind. */
const BEHIND = 32

/** Adds `write`; forgets those made more than `window` milliseconds before it. */
export function withWrite({ count, recent }: Writes, write: Write, window: number): Writes {
  const young = recent.filter(({ at }, index) => at > write.at - window - (index < recent.length - BEHIND ? 0 : SKEW))
  return { count: count + 1, recent: [...young, write].slice(-MOST) }
}

/** Whether a write that would have been number `number` is among them. `unknown`: it is too long ago to tell. */
export function find({ count, recent }: Writes, id: string, number: number): 'kept' | 'not kept' | 'unknown' {
  if (recent.some((write) => write.id === id)) return 'kept'
  return number > count - recent.length ? 'not kept' : 'unknown'
}

/** As one flat list: the number of writes, then id and time of each. */
export const encodeWrites = ({ count, recent }: Writes): readonly (number | string)[] => [
  count,
  ...recent.flatMap(({ id, at }) => [id, at]),
]

/** Throws for what `encodeWrites` did not write. */
export function decodeWrites(raw: unknown): Writes {
  if (raw === undefined) return NO_WRITES
  const [count, ...rest] = raw as [number, ...unknown[]]
  const recent = rest.flatMap((id, at) => (at % 2 ? [] : [{ id, at: rest[at + 1] } as Write]))
  if (Number.isSafeInteger(count) && count >= recent.length && recent.every(isWrite)) return { count, recent }
  throw new TypeError('not a list of writes')
}

const isWrite = ({ id, at }: Write): boolean => typeof id === 'string' && Number.isSafeInteger(at)
