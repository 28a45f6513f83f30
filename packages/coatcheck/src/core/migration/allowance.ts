import { mayAwaitOthers } from '../../crypto/workers.ts'
import { SessionError } from '../../errors.ts'
import type { ReaderRequest, Trial } from '../../migrate/format.ts'
import type { Engine } from '../engine.ts'

/** Most key derivations for one request. A genuine seal needs two, and one more for each older password. Each is slow by design. */
const PER_REQUEST = 8
/** Most key derivations within one second, for all requests of this process. Each takes two to five milliseconds, in another thread. */
const PER_SECOND = 100
/** Most seals within one second that turn out to be junk. The code knows that only after it derived their keys. */
const IN_VAIN = 4
/**
 * Most values that the readers of one format open. Two, because a browser may hold one cookie for a host and one for its domain. Each costs
 * a MAC, a seal or a call of a store, and anybody can send more.
 */
export const MOST_TRIES = 2

/** One for each process: all its sites share the processor. */
const spent = { second: 0, count: 0, inVain: 0 }
let turn: Promise<unknown> = Promise.resolve()

/** Limits the work that old cookies may cause in one request. */
export interface Allowance {
  readonly slowly: NonNullable<ReaderRequest['slowly']>
  /** Why this request may write nothing: a seal that was not opened may be genuine, and a write would replace it. */
  readonly blocked: () => SessionError | undefined
}

/**
 * Anybody can send text that looks like a seal and costs as much as one. This opens no seal above the limits, and emits one event for
 * them. It opens one seal after the other, because a genuine one leaves its share to the others.
 */
export function allowance({ now, emit }: Pick<Engine, 'now' | 'emit'>): Allowance {
  let left = PER_REQUEST
  let isBusy = false

  function refuse(): undefined {
    if (!isBusy) emit({ type: 'refused', reason: 'too-busy' })
    isBusy = true
  }
  const isUsedUp = (): boolean => left <= 0 || spent.count >= PER_SECOND
  const isSpent = (): boolean => {
    const second = Math.floor(now() / 1000)
    if (spent.second !== second) Object.assign(spent, { second, count: 0, inVain: 0 })
    return isUsedUp() || spent.inVain >= IN_VAIN
  }
  function mayDerive(): boolean {
    if (isUsedUp()) {
      refuse()
      return false
    }
    left--
    spent.count++
    return true
  }

  async function inTurn<T>(trial: Trial<T>): Promise<T | undefined> {
    const before = turn
    const { promise, resolve } = Promise.withResolvers<void>()
    turn = promise
    try {
      if (mayAwaitOthers) await before
      if (isSpent()) return refuse()
      const { second } = spent
      spent.inVain++
      const found = await trial(mayDerive)
      if (found !== undefined && spent.second === second) spent.inVain--
      return found
    } finally {
      resolve()
    }
  }

  return {
    slowly: (trial) => (isSpent() ? refuse() : inTurn(trial)),
    blocked: () => (isBusy ? tooBusy() : undefined),
  }
}

const tooBusy = () =>
  new SessionError('CONFLICT', 'Too many seals of another library were to be opened at once.', {
    fix: 'Let the visitor try again. Nothing was changed, and the old cookie is left alone.',
  })

/** Whether a value is one of the first two. Readers ask before each value that costs work. */
export function tries(): () => boolean {
  let left = MOST_TRIES
  return () => left-- > 0
}
