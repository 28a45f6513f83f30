import { isNoNews, type Report } from './checks.ts'
import type { Look, Visit } from './history.ts'
import { endsIt, type Line, opens, overFrom, type Truth } from './lines.ts'

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
      // Whoever put an old ticket beside the good one must not be able to hinder a sign-out by it.
      const isUnread = end.refused === 'replaced' || end.refused === 'unknown-key'
      const isBeside = opens(end.saw) && !line.tickets.has(end.presented ?? '') && isUnread
      if (isBeside)
        report(
          `allowed: decided: a sign-out ends what it opened, and not what ${end.refused === 'replaced' ? 'an old ticket beside it led to' : 'a ticket of an unknown secret beside it opens elsewhere'}`,
          `#${end.plan.id}`,
          since,
        )
      else if (isBroughtBack(truth, end, late ? truth.open(line, late) : [], seen?.saw))
        report('allowed: a full memory store dropped what was ended, and the session was begun twice', `#${end.plan.id}`, since)
      else if (isTooOld(truth, line, end))
        report('allowed: signed out with a ticket whose forwarding is gone', `#${end.plan.id}`, since)
      else if (end.refused === 'unknown-key' && isNoNews(history, end))
        report('allowed: decided: a secret is no news after ten minutes', `#${end.plan.id}`, since)
      else
        report(
          `2 alive after ${isByName ? 'a sign-out' : 'another signed in'} (its ticket: ${end.refused ?? 'opened it'})`,
          `#${end.plan.id} (${end.plan.letter}) was answered 200, and a ticket of its session opens it`,
          late?.at ?? seen?.opensFrom ?? since,
        )
    }
  }
}

/** The store said, once the request was under way, that it dropped what was ended or its mark; then the call that had begun it was carried out once more. */
function isBroughtBack(
  { history }: Truth,
  { commitAt = 0, opensFrom = commitAt }: Visit,
  looks: readonly Look[],
  saw?: Look,
): boolean {
  const { evicted, created, led } = history
  const isBack = (handle = '') =>
    evicted.some(
      (dropped) =>
        dropped.key === handle &&
        dropped.at >= Math.floor(opensFrom) &&
        created.some(({ key, at }) => key === handle && at > dropped.at),
    )
  const shown = [...looks, ...(saw ? [saw] : [])]
  const leadsThere = (handle = '') =>
    led.some(({ key }) => key === handle) && created.some(({ key, from }) => from === handle && isBack(key))
  return shown.every(({ handle }) => isBack(handle) || leadsThere(handle))
}

/** Its ticket had been replaced so long ago that nothing need lead on from it. */
function isTooOld({ history, descends }: Truth, line: Line, { saw, sentAt, presented, beside }: Visit): boolean {
  const { grace, maxRequestTime } = history.knows
  const ticket = (line.tickets.has(presented ?? '') ? presented : beside) as string
  if (ticket === presented && opens(saw)) return false
  return line.movers.some((mover) => {
    const isFrom = descends(mover.presented, ticket) || mover.presented === ticket
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

/** What a call may take, twice, and what clocks may differ, as the engine assumes. */
const CALLS = 4_000
const BETWEEN = 60_000

/** An old ticket opens nothing after the grace, and until then only what there was before. */
export function oldTicketsDie(truth: Truth, report: Report): void {
  const { history, lines } = truth
  const { grace } = history.knows
  for (const mover of lines.flatMap(({ movers }) => movers)) {
    const old = mover.presented as string
    // Whoever joined another's sign-in was given the ticket as well: the process that made the id is the one whose clock counts.
    const makers = history.led.filter(({ key }) => key === mover.saw?.handle).map(({ site }) => site)
    const isItsOwn = makers.every((site) => site === mover.site)
    const ahead = history.visits.flatMap(({ site, skew }) => (makers.includes(site) ? skew : []))
    const until = Math.floor(mover.doneAt as number) + Math.max(...(isItsOwn ? [mover.skew] : ahead)) + grace + CALLS
    const all = history.visits.flatMap(({ given = '' }) => (truth.isSameId(given, old) ? given : []))
    const isOld = new Set([old, ...all])
    const probe = history.probes.find(
      ({ at, looks }) => Math.floor(at) > until + BETWEEN && [...isOld].some((ticket) => opens(looks.get(ticket))),
    )
    const visit = history.visits.find((each) => {
      const isSame = isItsOwn && each.site === mover.site
      return (
        isOld.has(each.presented ?? '') && Math.floor(each.sentAt) + each.skew > until + (isSame ? 0 : BETWEEN) && opens(each.saw)
      )
    })
    if (probe || visit)
      report(
        '6 old ticket opens',
        `the ticket that #${mover.plan.id} replaced still opens a session`,
        probe?.at ?? visit?.sentAt ?? 0,
      )
    frozen(truth, mover, isOld, report)
  }
  const uses = history.replayed.map(({ visit, movedAt }) => `${visit.presented} ${movedAt}`)
  if (uses.some((use, nth) => uses.indexOf(use) !== nth)) report('6 replayed twice', 'one old ticket was reported twice', 0)
}

/** What an old ticket shows while it shows something: nothing that was stored with the new one or after it, and nobody who came since. */
function frozen({ history }: Truth, mover: Visit, isOld: ReadonlySet<string>, report: Report): void {
  const since = mover.doneAt as number
  const later = history.visits.flatMap((each) =>
    each.writes.filter(({ from }) => each === mover || from > since).map(({ name }) => name),
  )
  const check = (look: Look | undefined, at: number) => {
    if (at <= since || !opens(look)) return
    const name = look.log.find((each) => later.includes(each))
    if (name !== undefined) report('6 old ticket shows what came after', `write ${name}, after #${mover.plan.id}`, at)
    const [now, was] = [look.owner ?? look.who, mover.saw?.owner ?? mover.saw?.who]
    if (opens(mover.saw) && now !== was)
      report('6 old ticket shows who came after', `${now} after #${mover.plan.id}, not ${was}`, at)
  }
  for (const { looks, at } of history.probes) for (const ticket of isOld) check(looks.get(ticket), at)
  for (const { presented = '', saw, opensFrom = 0 } of history.visits) if (isOld.has(presented)) check(saw, opensFrom)
}
