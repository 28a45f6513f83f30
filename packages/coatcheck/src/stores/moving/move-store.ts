import { clockOf } from '../../clock.ts'
import { SessionError } from '../../errors.ts'
import { checkedOptions } from '../shared/options.ts'
import { can, type SessionRecord, type Store } from '../store.ts'
import { checkStores } from './both.ts'
import { Crossing, type Moved } from './crossing.ts'
import { CLAIM_BYTES } from './marks.ts'
import { inTurns, pages, verified } from './verified.ts'

export interface MoveOptions {
  readonly from: Store
  readonly to: Store
  /** Records that are on their way at once. Default 16. */
  readonly concurrency?: number
  /** Stops it when those that are on their way have arrived; `isDone` of the report is false then. */
  readonly signal?: { readonly aborted: boolean }
  readonly onProgress?: (progress: MoveProgress) => void
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** Waits, in milliseconds, between two times that it goes through `from`. Default: a timer. */
  readonly sleep?: (milliseconds: number) => Promise<unknown>
}

export interface MoveProgress {
  /** Keys that were in `from` when they were counted at the beginning. */
  readonly total: number
  /** Keys that were looked at since. With those that are new they may be more than `total`. */
  readonly done: number
  readonly moved: number
  /** How often all of `from` was gone through, this time included. */
  readonly pass: number
}

export interface MoveReport {
  /** Whether nothing is left in `from`. */
  readonly isDone: boolean
  /** Records that this call brought over. */
  readonly moved: number
  /** Records that the site moved or ended before their turn came. */
  readonly gone: number
  /** Records that had ended by themselves; they were removed. */
  readonly expired: number
  /** Keys of records that `to` cannot take, being too long for it. They are still in `from`. */
  readonly tooLong: readonly string[]
  /** Records in each store afterwards, counted there. */
  readonly inFrom: number
  readonly inTo: number
}

/** After a record has ended by its own time it is kept for so long, in milliseconds: clocks differ. */
const SKEW = 60_000
const PAUSE = 1000

/**
 * Brings every record from one store to the other, while the site runs with `movingStore` in all its processes. It ends when it went through
 * all of `from` and found nothing to move: while a process has the step `prepare` there may always be something.
 *
 * It may be killed at any time, and called again, also several times at once: what is left in `from` is what is left to do. Throws `BAD_OPTIONS`;
 * rejects with what a store rejects with.
 */
export async function moveStore(options: MoveOptions): Promise<MoveReport> {
  const known = ['from', 'to', 'concurrency', 'signal', 'onProgress', 'now', 'sleep'] as const
  const { from, to, concurrency = 16, signal, onProgress, sleep = pause, ...more } = checkedOptions('moveStore', options, known)
  checkStores('moveStore', from, to)
  if (!can(from, 'list')) {
    const fix = 'Let the step "move" run until the longest session has ended: each that is changed moves, and the others end.'
    throw new SessionError('BAD_OPTIONS', 'moveStore: `from` cannot list its records.', { fix })
  }
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    throw new SessionError('BAD_OPTIONS', `moveStore: \`concurrency\` must be a whole number from 1, not ${concurrency}.`)
  const now = clockOf(more.now)
  const crossing = new Crossing(from, to)
  const counts: Record<Moved, number> = { moved: 0, gone: 0, expired: 0, 'too-long': 0 }
  const tooLong = new Set<string>()
  let [total, done, pass] = [0, 0, 0]
  for await (const keys of pages(from)) total += keys.length
  const progress = () => onProgress?.({ total, done, moved: counts.moved, pass })

  const mayStay = (record: SessionRecord): 'expired' | 'too-long' | undefined => {
    if (record.expiresAt + SKEW <= now()) return 'expired'
    const bytes = new TextEncoder().encode(record.data).length
    const fits = bytes <= (to.maxBytes ?? Infinity) && bytes + CLAIM_BYTES <= (from.maxBytes ?? Infinity)
    return fits ? undefined : 'too-long'
  }

  for (let isOver = false; !isOver && !signal?.aborted; ) {
    pass++
    isOver = true
    for await (const keys of pages(from)) {
      await inTurns(keys, concurrency, async (key) => {
        if (signal?.aborted || tooLong.has(key)) return
        const became = await crossing.move(key, mayStay)
        done++
        counts[became]++
        if (became === 'too-long') tooLong.add(key)
        if (became === 'moved') isOver = false
      })
      progress()
      if (signal?.aborted) break
    }
    if (!isOver && !signal?.aborted && pass > 1) await sleep(PAUSE)
  }

  const { moved, gone, expired } = counts
  const [inFrom, inTo] = await verified(crossing)
  const isDone = !signal?.aborted && inFrom === 0
  return { isDone, moved, gone, expired, tooLong: [...tooLong], inFrom, inTo }
}

const pause = (milliseconds: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, milliseconds))
