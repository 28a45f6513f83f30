import type { SessionEvent } from '../../core/inspecting.ts'

/** Upper ends of the stretches that durations are counted in, in milliseconds. */
export const BOUNDS: readonly number[] = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]

/** What happened in one stretch of time. */
export interface Bucket {
  /** Its beginning, in milliseconds since the epoch. */
  readonly at: number
  /** Sessions that were seen in it, each once. */
  active: number
  created: number
  conflicts: number
  readonly ended: Map<string, number>
  readonly refused: Map<string, number>
  /** Calls of the store, those that failed, and how many took how long: by `BOUNDS`, and longer. */
  calls: number
  failed: number
  readonly took: number[]
}

/** So many sessions at least are told apart in one stretch, twice as many at most; further ones may count twice. */
const MOST_SEEN = 10_000

/** Counts by time, of the last `count` stretches of `span` milliseconds. */
export class Series {
  readonly span: number
  readonly count: number
  readonly #buckets: Bucket[] = []
  /** The stretch that a session was last seen in. When it is full it becomes the older one: taking out the oldest one by one would be slow. */
  #seen = new Map<string, number>()
  #older: ReadonlyMap<string, number> = new Map()

  constructor(span: number, count: number) {
    this.span = span
    this.count = count
  }

  event(event: SessionEvent): void {
    const bucket = this.#at(event.at)
    if (event.type === 'created') bucket.created++
    if (event.type === 'conflict') bucket.conflicts++
    if (event.type === 'ended') add(bucket.ended, event.reason)
    if (event.type === 'refused') add(bucket.refused, event.reason)
    if (event.type === 'loaded' || event.type === 'created') this.#see(event.handle, bucket)
  }

  called(at: number, milliseconds: number, isFailed: boolean): void {
    const bucket = this.#at(at)
    bucket.calls++
    if (isFailed) bucket.failed++
    const place = BOUNDS.findIndex((bound) => milliseconds <= bound)
    const index = place < 0 ? BOUNDS.length : place
    bucket.took[index] = (bucket.took[index] ?? 0) + 1
  }

  #see(handle: string, bucket: Bucket): void {
    if ((this.#seen.get(handle) ?? this.#older.get(handle)) !== bucket.at) bucket.active++
    this.#seen.set(handle, bucket.at)
    if (this.#seen.size < MOST_SEEN) return
    this.#older = this.#seen
    this.#seen = new Map()
  }

  /** A clock that goes back counts for the newest stretch. */
  #at(time: number): Bucket {
    const at = Math.floor(time / this.span) * this.span
    const last = this.#buckets.at(-1)
    if (last && last.at >= at) return last
    const next = newBucket(at)
    this.#buckets.push(next)
    if (this.#buckets.length > this.count) this.#buckets.shift()
    return next
  }

  /** All stretches up to `now`, the oldest first; nothing happened in those that are empty. */
  until(now: number): readonly Bucket[] {
    const last = Math.max(Math.floor(now / this.span) * this.span, this.#buckets.at(-1)?.at ?? 0)
    const known = new Map(this.#buckets.map((bucket) => [bucket.at, bucket]))
    return Array.from({ length: this.count }, (_, place) => {
      const at = last - (this.count - 1 - place) * this.span
      return known.get(at) ?? newBucket(at)
    })
  }
}

function newBucket(at: number): Bucket {
  return { at, active: 0, created: 0, conflicts: 0, ended: new Map(), refused: new Map(), calls: 0, failed: 0, took: [] }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** The bound that this part of the calls did not exceed, in milliseconds; infinite: longer than the last. undefined: there were none. */
export function quantile({ calls, took }: Bucket, part: number): number | undefined {
  if (calls === 0) return undefined
  let counted = 0
  for (let index = 0; index <= BOUNDS.length; index++) {
    counted += took[index] ?? 0
    if (counted >= part * calls) return BOUNDS[index] ?? Number.POSITIVE_INFINITY
  }
  return Number.POSITIVE_INFINITY
}
