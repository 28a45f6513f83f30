import { SessionError } from '../../errors.ts'
import { checkStores, offeredByBoth } from '../moving/both.ts'
import { Crossing } from '../moving/crossing.ts'
import { CLAIM_BYTES } from '../moving/marks.ts'
import { checkedOptions } from '../shared/options.ts'
import type { Store, Version } from '../store.ts'

export { type MoveOptions, type MoveProgress, type MoveReport, moveStore } from '../moving/move-store.ts'
export { recordsIn } from '../moving/verified.ts'

export interface MovingOptions {
  /** Where the sessions are. */
  readonly from: Store
  /** Where they go. */
  readonly to: Store
  /**
   * `prepare`: new records stay in `from`, and what others have moved is found in `to`. `move`: new records go to `to`, and so does each that is
   * changed.
   */
  readonly step: 'prepare' | 'move'
}

/** What both stores offer, but `touch` and `readMany`. */
export type MovingStore = Omit<Store, 'touch' | 'readMany' | 'consistency'> &
  Required<Pick<Store, 'close'>> & {
    /** The options, for `coatcheck migrate`. */
    readonly moving: MovingOptions
  }

/** The version of a record that is not there any more: no store is asked for it. */
const SUPERSEDED = 'x'

/**
 * Two stores as one, while `moveStore` brings all records of a site from one to the other and the site runs on.
 *
 * Processes with `prepare` may run beside those that know only `from`, and beside those with `move`. Those with `move` may run beside those that
 * know only `to`, once `moveStore` has found nothing left and no process has `prepare`. No other two may run at a time. Both stores must be
 * `strong`. Throws `BAD_OPTIONS`.
 */
export function movingStore(options: MovingOptions): MovingStore {
  const { from, to, step } = checkedOptions('movingStore', options, ['from', 'to', 'step'])
  checkStores('movingStore', from, to)
  if (step !== 'prepare' && step !== 'move') {
    const fix = 'Deploy "prepare" everywhere first, then "move".'
    throw new SessionError('BAD_OPTIONS', 'movingStore: `step` must be "prepare" or "move".', { fix })
  }
  const isMoving = step === 'move'
  const crossing = new Crossing(from, to)
  const maxBytes = Math.min((from.maxBytes ?? Infinity) - CLAIM_BYTES, to.maxBytes ?? Infinity)

  return {
    moving: { from, to, step },
    ...(maxBytes < Infinity && { maxBytes }),
    get evicts() {
      return from.evicts === true || to.evicts === true
    },
    async read(key) {
      const placed = await crossing.find(key, isMoving)
      return placed && { record: placed.found.record, version: `${placed.at}.${placed.found.version}` }
    },
    create: async (key, record, replaced) =>
      isMoving
        ? named('to', await crossing.createNew(key, record, replaced))
        : named('from', await crossing.createOld(key, record, replaced)),
    async update(key, record, version) {
      const [at, own] = placeOf(version)
      if (at === 'to') return named('to', await to.update(key, record, own))
      if (at === SUPERSEDED) return undefined
      if (!isMoving) return named('from', await from.update(key, record, own))
      const next = await crossing.updateAndMove(key, record, own)
      return next === 'superseded' ? SUPERSEDED : named('to', next)
    },
    async delete(key, version) {
      const [at, own] = placeOf(version)
      if (at === 'to') return crossing.deleteNew(key, own)
      return at === 'from' && from.delete(key, own)
    },
    // No touch: one that lands between somebody's look at a record and his claim would be lost.
    ...offeredByBoth(from, to),
    async close() {
      await from.close?.()
      await to.close?.()
    },
  }
}

/** The options of a moving store; undefined: it is another one. */
export function movingIn(store: Store): MovingOptions | undefined {
  const { moving } = store as Partial<MovingStore>
  return moving
}

const named = (at: 'from' | 'to', version: Version | undefined): Version | undefined =>
  version === undefined ? undefined : `${at}.${version}`

function placeOf(version: Version): readonly [at: string, own: Version] {
  const dot = version.indexOf('.')
  return dot < 0 ? [version, ''] : [version.slice(0, dot), version.slice(dot + 1)]
}
