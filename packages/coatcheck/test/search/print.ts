import type { History } from './history.ts'
import type { Verdict } from './oracle.ts'
import type { Plan } from './plan.ts'
import type { Tally } from './search.ts'

/** A schedule for people: what happened, in order, and what was wrong with it. */
export function story({ plan, told }: History, { violations, allowed }: Verdict): string {
  const clocks = plan.skews.map((skew) => `${skew / 1000} s`).join(', ')
  return [
    `${plan.adapter}; idle ${plan.idle} s, absolute ${plan.absolute} s; clocks ahead ${clocks}; begins ${plan.begins}; attacker ${plan.attacker}${plan.encrypt ? '; encrypted' : ''}`,
    'ms         ',
    ...told.filter((line) => !line.includes(' event ') || / event (dropped|refused|replayed)/.test(line)),
    ...violations.map(({ kind, what, at }) => `VIOLATED at ${Math.floor(at)}: ${kind}: ${what}`),
    ...allowed.map((name) => `cannot be prevented, or decided: ${name}`),
    `replay: npm run search -- --replay '${JSON.stringify(plan)}'`,
  ].join('\n')
}

/** The numbers of a search. */
export function summary(tally: Tally, seconds: number): string {
  const each = (count: number) => `${count} (1 in ${Math.round(tally.schedules / count)})`
  return [
    `${tally.schedules} schedules, ${tally.requests} requests (${tally.acknowledged} acknowledged), ${tally.faults} faults, ${Math.round(tally.schedules / seconds)} schedules a second`,
    '',
    '| violated | schedules |',
    '|---|---|',
    ...[...tally.findings.values()]
      .sort((a, b) => (a.kind < b.kind ? -1 : 1))
      .map(({ kind, count }) => `| ${kind} | ${each(count)} |`),
    '',
    '| cannot be prevented, or decided | schedules |',
    '|---|---|',
    ...[...tally.allowed].sort().map(([name, count]) => `| ${name} | ${each(count)} |`),
    `| owned records that no ticket opens | ${tally.orphans > 0 ? each(tally.orphans) : 0} |`,
  ].join('\n')
}

export const readPlan = (text: string): Plan => JSON.parse(text) as Plan
