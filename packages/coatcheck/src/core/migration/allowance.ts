import { mayAwaitOthers } from '../../crypto/workers.ts'
import { SessionError } from '../../errors.ts'
import type { ReaderRequest, Trial } from '../../migrate/format.ts'
import type { Engine } from '../engine.ts'

/** Derivations of keys, slow by design, that one request may cost: two for each genuine seal, one more for each older password. */
const PER_REQUEST = 8
/** That all requests of this process together may cost within one second; each takes two to five milliseconds, in another thread. */
const PER_SECOND = 100
/** Seals that may turn out to be junk within one second: only then is it known what they were. */
const IN_VAIN = 4
/**
 * So many values of one place are looked into, of each format: anybody can send more, and each costs a MAC, a seal or a call of a store.
 * Old cookies lie on a host and on its domain.
 */
export const MOST_TRIES = 2

/** Of one process, whatever the number of its sites: they share the processor. */
const spent = { second: 0, count: 0, inVain: 0 }
let turn: Promise<unknown> = Promise.resolve()

/** What one request may cost besides its own tickets. */
export interface Allowance {
  readonly slowly: NonNullable<ReaderRequest['slowly']>
  /** Why nothing may be written: a seal that was not opened may be a genuine one, and must not be replaced here. */
  readonly blocked: () => SessionError | undefined
}

/**
 * Anybody can send what looks like a seal of another library and costs as much as one, so that what is too much is not opened, with one event.
 * One seal is opened after the other: what is genuine leaves the allowance for the others.
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

/** Asked before each value that may cost something: whether it is one of the first two. */
export function tries(): () => boolean {
  let left = MOST_TRIES
  return () => left-- > 0
}
