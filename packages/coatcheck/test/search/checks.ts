import type { Probe, Visit } from './history.ts'
import { endsIt, type Line, livesUntil, movesOf, personOf, type Truth } from './lines.ts'

/** Says that a promise was broken, or (`allowed`) that something happened which no code can prevent. */
export type Report = (kind: string, what: string, at: number) => void

export const ended = (truth: Truth, line: Line, by: number): boolean =>
  endsByReplay(truth) || line.visits.some((visit) => endsIt(truth, line, visit) && (visit.commitAt as number) <= by)

/** The use of an old ticket ends what it became, where the site asked for that. */
const endsByReplay = ({ history: { knows, replayed } }: Truth): boolean => knows.acts && replayed.length > 0

const isGuest = (truth: Truth, line: Line): boolean =>
  !truth.history.probes.some((probe) => truth.open(line, probe).some(({ owner }) => owner !== undefined))

/** Promise 1: what was acknowledged is there, once. */
export function writesAreKept(truth: Truth, report: Report): void {
  const { history, lines } = truth
  for (const { at, looks } of history.probes) {
    for (const { log } of looks.values()) {
      const twice = log.find((name, nth) => log.indexOf(name) !== nth)
      if (twice !== undefined) report('1 doubled', `write ${twice} is there twice`, at)
    }
  }
  for (const line of lines) {
    for (const probe of history.probes.filter(({ quiet }) => quiet)) sessionIsThere(truth, line, probe, report)
  }
  for (const visit of history.visits) {
    if (
      visit.status === 200 &&
      !visit.dropped &&
      visit.writes.length > 0 &&
      !truth.lineOfWrite(visit, visit.writes[0] as never)
    ) {
      const line = truth.lineOf(visit.presented)
      if (!line || !ended(truth, line, visit.doneAt as number))
        report('1 lost', `#${visit.plan.id} was acknowledged and kept nowhere`, visit.doneAt as number)
    }
    const line = truth.lineOf(visit.presented)
    if (!visit.dropped || !line || ended(truth, line, visit.doneAt ?? 0) || history.evicted.length > 0) continue
    if ((visit.doneAt as number) < livesUntil(truth, line, visit.doneAt as number))
      report(
        '1 dropped',
        `the changes of #${visit.plan.id} were dropped, and nobody had ended its session`,
        visit.doneAt as number,
      )
  }
}

function sessionIsThere(truth: Truth, line: Line, probe: Probe, report: Report): void {
  const { history } = truth
  if ((line.birth.doneAt as number) > probe.at) return
  const looks = truth.open(line, probe)
  if (looks.length === 0) {
    if (probe.at >= livesUntil(truth, line, probe.at) || ended(truth, line, probe.at)) return
    if (history.evicted.length > 0 && isGuest(truth, line)) return
    const failed = line.visits.find((visit) => movesOf(visit) && visit.status !== 200 && (visit.commitAt ?? Infinity) <= probe.at)
    reportLost(line, failed, probe.at, report)
    return
  }
  for (const visit of history.visits) {
    for (const write of visit.writes) {
      if (write.acked === undefined || write.acked > probe.at || visit.dropped || truth.lineOfWrite(visit, write) !== line)
        continue
      if (looks.some(({ log, keys }) => log.includes(write.name) && keys.includes(`k${write.name}`))) continue
      if (!ended(truth, line, probe.at)) report('1 lost', `write ${write.name}, acknowledged, is not there`, probe.at)
    }
  }
}

/** Nothing opens the session any more: because somebody `failed` to move it, or for no reason at all. */
function reportLost(line: Line, failed: Visit | undefined, at: number, report: Report): void {
  if (!failed) report('1 session lost', `no ticket opens the session that #${line.birth.plan.id} began, and nobody ended it`, at)
  else if (failed.status === undefined) report('allowed: died in a move', `#${failed.plan.id}`, at)
  else if (/both/i.test(String(failed.error))) report('allowed: told that both tickets may be gone', `#${failed.plan.id}`, at)
  else report('7 signed out by a failure', `#${failed.plan.id} failed (${codeOf(failed.error)}); no ticket opens its session`, at)
}

const codeOf = (error: unknown): string => String((error as { code?: unknown })?.code)

/** Failures say what they are, and leave things as they say. */
export function failuresAreTold(truth: Truth, report: Report): void {
  const { history } = truth
  const known = ['STORE_FAILED', 'CONFLICT', 'KEY_UNKNOWN', 'ENDED', 'TOO_LATE', 'RECORD_TOO_LARGE']
  for (const reason of history.unhandled) report('8 unhandled', String(reason), 0)
  for (const visit of history.visits) {
    const { error, plan, given, doneAt = 0 } = visit
    if (error !== undefined && ((error as Error).name !== 'SessionError' || !known.includes(codeOf(error))))
      report('8 thrown', String(error), doneAt)
    const line = truth.lineOf(visit.presented)
    const last = history.probes.at(-1) as Probe
    if (error !== undefined && /as before/i.test(String(error)) && line) {
      const kept = visit.writes.find(
        ({ name, acked }) => acked === undefined && truth.open(line, last).some(({ log }) => log.includes(name)),
      )
      if (kept) report('7 not as before', `#${plan.id} said "as before", and its write ${kept.name} is there`, doneAt)
    }
    const person = personOf(visit)
    if (person === undefined || visit.status !== 200 || given !== undefined || history.plan.face === 'h3') continue
    if (line && (ended(truth, line, doneAt) || whoIs(truth, line, doneAt) === person)) continue
    const why = history.evicted.length > 0 ? 'evicted' : visit.dropped ? 'dropped' : 'not told why'
    report(`7 sign-in without a ticket (${why})`, `#${plan.id} was answered 200, and was given nothing`, doneAt)
  }
}

const whoIs = (truth: Truth, line: Line, from: number): string | undefined =>
  truth.history.probes.find(({ at }) => at >= from) &&
  truth.history.probes
    .filter(({ at }) => at >= from)
    .flatMap((probe) => truth.open(line, probe).map(({ owner, who }) => owner ?? who))[0]
