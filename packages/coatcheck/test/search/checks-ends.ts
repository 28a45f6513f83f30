import type { Report } from './checks.ts'
import type { Visit } from './history.ts'
import { endsIt, type Line, opens, overFrom, type Truth } from './lines.ts'

/** How far two clocks and a call may shift the end of the grace: between processes, and within one. */
const TOLERANCE = 124_000
const TOLERANCE_WITHIN = 4_000

/** Promise 2: whoever was told that he is signed out is, for good. */
export function endsAreFinal(truth: Truth, report: Report): void {
  const { history, lines } = truth
  for (const line of lines) {
    for (const end of line.visits.filter((visit) => endsIt(truth, line, visit) && visit.status === 200 && !visit.dropped)) {
      const since = end.doneAt as number
      const isByName = 'DO'.includes(end.plan.letter)
      if (!isByName && !opens(end.saw)) continue
      const late = history.probes.find((probe) => probe.at >= since && truth.open(line, probe).length > 0)
      const seen = history.visits.find(
        (visit) => (visit.opensFrom ?? 0) > since && line.tickets.has(visit.presented ?? '') && opens(visit.saw),
      )
      if (!late && !seen) continue
      if (isTooOld(truth, line, end))
        report('allowed: signed out with a ticket whose forwarding is gone', `#${end.plan.id}`, since)
      else
        report(
          `2 alive after ${isByName ? 'a sign-out' : 'another signed in'} (its ticket: ${end.refused ?? 'opened it'})`,
          `#${end.plan.id} (${end.plan.letter}) was answered 200, and a ticket of its session opens it`,
          late?.at ?? seen?.opensFrom ?? since,
        )
    }
  }
}

/** Its ticket had been replaced so long ago that nothing need lead on from it. */
function isTooOld({ history, descends }: Truth, line: Line, { saw, sentAt, presented }: Visit): boolean {
  const { grace, maxRequestTime } = history.knows
  if (opens(saw)) return false
  return line.movers.some((mover) => {
    const isFrom = descends(mover.presented, presented as string) || mover.presented === presented
    return isFrom && sentAt > (mover.doneAt as number) + maxRequestTime + grace + 60_000
  })
}

/** What ended by time stays ended. */
export function timeIsKept(truth: Truth, report: Report): void {
  const { history, lines } = truth
  for (const line of lines) {
    for (const probe of history.probes) {
      if (probe.at >= overFrom(history, line, probe.at) && truth.open(line, probe).length > 0)
        report(
          `5 came back (${revivedBy(truth, line)})`,
          `the session that #${line.birth.plan.id} began opens after its end`,
          probe.at,
        )
    }
    for (const visit of line.visits) {
      const from = visit.opensFrom
      if (
        visit !== line.birth &&
        from !== undefined &&
        opens(visit.saw) &&
        line.tickets.has(visit.presented ?? '') &&
        from >= overFrom(history, line, from)
      )
        report(`5 came back (${revivedBy(truth, line)})`, `#${visit.plan.id} opens a session after its end`, from)
    }
  }
}

/** What the first request did that had opened the session in time, and committed too late. */
function revivedBy({ history }: Truth, line: Line): string {
  const [late] = line.visits
    .filter((visit) => opens(visit.saw) && (visit.commitAt ?? 0) >= overFrom(history, line, visit.commitAt ?? 0))
    .sort((one, other) => (one.commitAt as number) - (other.commitAt as number))
  return late ? `by a ${{ N: 'read', T: 'read', W: 'write' }[late.plan.letter as string] ?? 'move'} in flight` : 'by nobody'
}

/** An old ticket opens nothing, after the grace. */
export function oldTicketsDie(truth: Truth, report: Report): void {
  const { history, lines } = truth
  const { grace } = history.knows
  const { faults, happenings } = history.plan
  const isCalm = faults.every(({ kind }) => !kind.startsWith('dies')) && happenings.every(({ what }) => what === 'prune')
  for (const line of lines) {
    for (const mover of line.movers) {
      const old = mover.presented as string
      const from = (tolerance: number) => (mover.doneAt as number) + (grace === 0 ? 0 : grace + tolerance)
      const probe = history.probes.find(({ at, looks }) => at >= from(TOLERANCE) && at > from(0) && opens(looks.get(old)))
      const visit = history.visits.find((each) => {
        const isWithin = isCalm && each.plan.instance === mover.plan.instance
        return each.presented === old && each.sentAt > from(isWithin ? TOLERANCE_WITHIN : TOLERANCE) && opens(each.saw)
      })
      if (probe || visit)
        report(
          '6 old ticket opens',
          `the ticket that #${mover.plan.id} replaced still opens a session`,
          probe?.at ?? visit?.sentAt ?? 0,
        )
    }
  }
  const twice = history.replayed.find((handle, nth) => history.replayed.indexOf(handle) !== nth)
  if (twice !== undefined) report('6 replayed twice', 'one old ticket was reported twice', 0)
}
