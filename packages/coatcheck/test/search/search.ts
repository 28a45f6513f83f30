import { type DrawOptions, draw } from './draw.ts'
import type { History } from './history.ts'
import { minimised } from './minimise.ts'
import { judged, type Verdict } from './oracle.ts'
import type { Plan } from './plan.ts'
import { played, type Under } from './run.ts'

/** What was found of one kind. */
export interface Finding {
  readonly kind: string
  /** Schedules that showed it. */
  count: number
  /** The smallest of them, as drawn. */
  plan: Plan
}

export interface Tally {
  schedules: number
  requests: number
  acknowledged: number
  /** Faults that struck, deaths, and clocks that differ not among them. */
  faults: number
  orphans: number
  readonly findings: Map<string, Finding>
  /** What cannot be prevented, by its name, and in how many schedules. */
  readonly allowed: Map<string, number>
}

export interface SearchOptions extends DrawOptions {
  readonly under: Under
  /** The first seed; those after it follow. */
  readonly seed: number
  /** Asked before each schedule. */
  readonly goesOn: (tally: Tally) => boolean
  readonly onFinding?: (finding: Finding) => void
}

const sizeOf = ({ requests, faults, happenings }: Plan): number => requests.length + 2 * faults.length + 2 * happenings.length

/** Plays one schedule after the other. */
export async function searched({ under, seed, goesOn, onFinding, ...drawing }: SearchOptions): Promise<Tally> {
  const tally: Tally = {
    schedules: 0,
    requests: 0,
    acknowledged: 0,
    faults: 0,
    orphans: 0,
    findings: new Map(),
    allowed: new Map(),
  }
  for (let at = seed; goesOn(tally); at++) {
    const plan = draw(at, drawing)
    const { history, verdict } = await tried(plan, under)
    tally.schedules++
    tally.requests += history.visits.length
    tally.acknowledged += history.visits.filter(({ status }) => status === 200).length
    tally.faults += history.struck.size + plan.happenings.length
    tally.orphans += history.orphans > 0 ? 1 : 0
    for (const name of verdict.allowed) tally.allowed.set(name, (tally.allowed.get(name) ?? 0) + 1)
    for (const { kind } of verdict.violations) {
      const known = tally.findings.get(kind)
      const finding = known ?? { kind, count: 0, plan }
      finding.count++
      if (sizeOf(plan) < sizeOf(finding.plan)) finding.plan = plan
      tally.findings.set(kind, finding)
      if (!known) onFinding?.(finding)
    }
  }
  return tally
}

export async function tried(plan: Plan, under: Under): Promise<{ history: History; verdict: Verdict }> {
  const history = await played(plan, under)
  return { history, verdict: judged(history) }
}

/** A schedule that shows this kind of violation, with nothing in it that is not needed. */
export function smallest(plan: Plan, kind: string, under: Under): Promise<Plan> {
  return minimised(plan, async (smaller) => (await tried(smaller, under)).verdict.violations.some((each) => each.kind === kind))
}
