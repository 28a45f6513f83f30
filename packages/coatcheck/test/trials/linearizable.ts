/** One call on one key, and what came of it. */
export interface Op {
  readonly call: 'read' | 'create' | 'update' | 'delete'
  /** What is written. Each text is written once. */
  readonly data?: string
  /** What was there in the version that this call names; absent where that version was never there. */
  readonly base?: string
  /** The order in which calls began and ended. No end: who made the call died, and it may have been carried out. */
  readonly began: number
  ended?: number
  /** What a read found. */
  found?: string | undefined
  /** Whether a write says that it was carried out. */
  done?: boolean
}

/**
 * Whether there is an order of these calls, each at one moment between its begin and its end, in which all of them are right. Wing and Gong
 * (1993), with one freedom: an update or delete may say that another version is there when it is not, for a move changes versions.
 * What is wrong, or undefined. `isDoubled`: a write that says it was not carried out may have been, its first answer having been lost.
 */
export function isLinearizable(ops: readonly Op[], isDoubled = false): string | undefined {
  const all = [...ops]
  const isDead = new Set<string>()
  const fits = (left: readonly Op[], state: string | undefined): boolean => {
    if (left.every(({ ended }) => ended === undefined)) return true
    const name = JSON.stringify([left.map((op) => all.indexOf(op)), state ?? null])
    if (isDead.has(name)) return false
    const firstEnd = Math.min(...left.map(({ ended = Number.POSITIVE_INFINITY }) => ended))
    for (const op of left) {
      if (op.began > firstEnd) continue
      const others = left.filter((other) => other !== op)
      for (const next of outcomes(op, state, isDoubled)) if (fits(others, next.state)) return true
    }
    isDead.add(name)
    return false
  }
  return fits(all, undefined) ? undefined : `no order explains ${ops.map(told).join('; ')}`
}

interface Outcome {
  readonly state: string | undefined
}

/** The states after this call; none: it cannot be here. */
function outcomes({ call, data, base, ended, done, found }: Op, state: string | undefined, isDoubled: boolean): Outcome[] {
  if (call === 'read') return ended === undefined || found === state ? [{ state }] : []
  const may = call === 'create' ? state === undefined : state !== undefined && state === base
  const after: Outcome[] = may ? [{ state: call === 'delete' ? undefined : data }] : []
  if (ended === undefined || (!done && isDoubled)) return [{ state }, ...after]
  if (done) return after
  // "The key is taken" is said only of one that is.
  return call === 'create' && state === undefined ? [] : [{ state }]
}

function told({ call, data, base, began, ended, done, found }: Op): string {
  const result = call === 'read' ? `finds ${found ?? 'nothing'}` : done ? 'done' : 'not done'
  const what = [call, data, base === undefined ? '' : `over ${base}`].filter(Boolean).join(' ')
  return `[${began}-${ended ?? ''}] ${what}: ${ended === undefined ? 'never answered' : result}`
}
