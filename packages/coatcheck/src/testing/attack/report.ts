import type { AppUnderAttack } from './app.ts'
import { Ground } from './app.ts'

export interface Finding {
  readonly attack: 'steal' | 'replay' | 'fixate' | 'toss'
  /** What was tried. */
  readonly tried: string
  readonly outcome: 'held' | 'broken' | 'not tried'
  /** What the app did, or why it was not tried. */
  readonly said: string
  /** What to do; there when `outcome` is `broken`. */
  readonly fix?: string
}

export interface AttackReport {
  readonly findings: readonly Finding[]
  /** Those that broke the app. */
  readonly broken: readonly Finding[]
  /** A line for each finding. */
  toString(): string
}

/** What one attempt came to. */
export type Result = Omit<Finding, 'attack' | 'tried'>

/** One attempt, in words, on an app that nobody has touched since. */
export type Attempt = readonly [tried: string, (ground: Ground) => Promise<Result>]

export const held = (said: string): Result => ({ outcome: 'held', said })
export const broken = (said: string, fix: string): Result => ({ outcome: 'broken', said, fix })
export const notTried = (said: string): Result => ({ outcome: 'not tried', said })

/** Makes these attempts, each with browsers of its own. First makes sure that the app can be judged at all. */
export async function attempt(
  attack: Finding['attack'],
  app: AppUnderAttack,
  attempts: readonly Attempt[],
): Promise<AttackReport> {
  const ground = new Ground(app)
  await ground.expect(ground.browser(), undefined, 'in a new browser')
  const findings: Finding[] = []
  for (const [tried, make] of attempts) findings.push({ attack, tried, ...(await make(ground)) })
  return reportOf(findings)
}

export function reportOf(findings: readonly Finding[]): AttackReport {
  return {
    findings,
    broken: findings.filter(({ outcome }) => outcome === 'broken'),
    toString: () =>
      findings
        .map(({ attack, tried, outcome, said, fix }) => `${attack}: ${tried}: ${outcome}. ${said}${fix ? ` ${fix}` : ''}`)
        .join('\n'),
  }
}
