import { failuresAreTold, writesAreKept } from './checks.ts'
import { endsAreFinal, oldTicketsDie, timeIsKept } from './checks-ends.ts'
import { flashesShowOnce } from './checks-flash.ts'
import { oldHoldersGainNothing, ownersAreListed, signInsStay } from './checks-people.ts'
import type { History } from './history.ts'
import { truthOf } from './lines.ts'

/** A promise that a run broke: its kind begins with the promise's number of the search. */
export interface Violation {
  readonly kind: string
  readonly what: string
  readonly at: number
}

export interface Verdict {
  readonly violations: readonly Violation[]
  /** What cannot be prevented and did happen, by its name. */
  readonly allowed: readonly string[]
}

/** Judges a run by what its clients saw. One violation of each kind is told, the earliest. */
export function judged(history: History): Verdict {
  const truth = truthOf(history)
  const violations = new Map<string, Violation>()
  const allowed = new Set<string>()
  const report = (kind: string, what: string, at: number): void => {
    if (kind.startsWith('allowed: ')) allowed.add(kind.slice('allowed: '.length))
    else if ((violations.get(kind)?.at ?? Number.POSITIVE_INFINITY) > at) violations.set(kind, { kind, what, at })
  }
  for (const check of [
    writesAreKept,
    endsAreFinal,
    oldHoldersGainNothing,
    signInsStay,
    timeIsKept,
    oldTicketsDie,
    failuresAreTold,
    flashesShowOnce,
    ownersAreListed,
  ])
    check(truth, report)
  return { violations: [...violations.values()], allowed: [...allowed] }
}
