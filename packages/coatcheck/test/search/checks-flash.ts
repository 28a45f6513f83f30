import { ended, failedMove, newIdsOf, type Report, reasonOf } from './checks.ts'
import { livesUntil, opens, type Truth } from './lines.ts'

/** Promise 1, C8: a flash value that was left is there until somebody reads it; once that is acknowledged, no later request shows it. */
export function flashesShowOnce(truth: Truth, report: Report): void {
  const { history } = truth
  for (const visit of history.visits) {
    const { status, dropped, doneAt = 0, took = [], plan } = visit
    if (status !== 200 || dropped || !opens(visit.saw)) continue
    for (const name of took) {
      const again = history.visits.find((other) => (other.opensFrom ?? 0) > doneAt && other.took?.includes(name))
      if (!again) continue
      // An old ticket shows, for its grace, what the session was.
      const isOld = newIdsOf(truth, again.presented, again.opensFrom as number).length > 0
      const what = `${name} to #${plan.id}, and then to #${again.plan.id}`
      report(isOld ? 'allowed: decided: an old ticket shows a flash value within its grace' : '1 flash shown twice', what, doneAt)
    }
  }
  for (const visit of history.visits) {
    const { left, status, dropped, given, presented, saw, doneAt = 0 } = visit
    const line = truth.lineOf(given) ?? (opens(saw) ? truth.lineOf(presented) : undefined)
    if (left === undefined || status !== 200 || dropped || !line) continue
    for (const probe of history.probes) {
      if (!probe.quiet || probe.at < doneAt || probe.at >= livesUntil(truth, line, probe.at)) continue
      const looks = truth.open(line, probe)
      if (looks.length === 0 || looks.some(({ flash }) => flash.includes(left)) || ended(truth, line, probe.at)) continue
      if (history.visits.some(({ took }) => took?.includes(left))) continue
      report(reasonOf(truth, failedMove(truth, line, probe.at)) ?? '1 flash lost', `${left} of #${visit.plan.id}`, probe.at)
    }
  }
}
