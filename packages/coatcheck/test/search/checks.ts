import type { History, Probe, Visit } from './history.ts'
import { endsIt, type Line, livesUntil, movesOf, opens, personOf, type Truth } from './lines.ts'

/** Says that a promise was broken, or (`allowed`) that something happened which no code can prevent. */
export type Report = (kind: string, what: string, at: number) => void

export const ended = (truth: Truth, line: Line, by: number): boolean =>
  endedByReplay(truth, line, by) || line.visits.some((visit) => endsIt(truth, line, visit) && (visit.commitAt as number) <= by)

/** The use of an old ticket ends what it became, where the site asked for that: if both are the same person's. */
function endedByReplay(truth: Truth, line: Line, by: number): boolean {
  const { knows, replayed, marked, probes } = truth.history
  if (knows.onReplay === 'report') return false
  // A process may die between the mark and the event, and others meet the end before it is told.
  return [...replayed, ...marked].some(({ visit, at }) => {
    const tickets = [visit.presented, visit.beside].filter((ticket) => ticket !== undefined)
    const owners = tickets.flatMap((ticket) => probes.flatMap(({ looks }) => looks.get(ticket)?.owner ?? []))
    const isItsOwn = probes.some((probe) => truth.open(line, probe).some(({ owner }) => owners.includes(owner as string)))
    return at <= by && isItsOwn && (knows.onReplay === 'endOwner' || tickets.some((ticket) => line.tickets.has(ticket)))
  })
}

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
    const line = truth.lineOf(visit.presented)
    if (renewedByAnother(visit) && !(line && ended(truth, line, visit.doneAt as number)))
      report(
        line && isEvicted(truth, line, visit.doneAt as number) ? EVICTED : '3 stored under an id that another made',
        `#${visit.plan.id} renewed, was overtaken, and wrote`,
        visit.doneAt as number,
      )
    if (
      visit.status === 200 &&
      !visit.dropped &&
      visit.writes.length > 0 &&
      !truth.lineOfWrite(visit, visit.writes[0] as never)
    ) {
      if (!line || !ended(truth, line, visit.doneAt as number))
        report('1 lost', `#${visit.plan.id} was acknowledged and kept nowhere`, visit.doneAt as number)
    }
    // Once a request was told of the end, it is over for that request, whatever a slower clock goes on with.
    const { droppedAt } = visit
    if (droppedAt === undefined || !line || ended(truth, line, droppedAt)) continue
    if (isEvicted(truth, line, droppedAt)) report(EVICTED, `#${visit.plan.id}`, droppedAt)
    else if (droppedAt < livesUntil(truth, line, droppedAt))
      report('1 dropped', `the changes of #${visit.plan.id} were dropped, and nobody had ended its session`, droppedAt)
  }
}

/** A bare renewal that met another's new id may store nothing afterwards. */
const renewedByAnother = ({ plan, status, dropped, given, writes, saw }: Visit): boolean =>
  plan.letter === 'R' && status === 200 && !dropped && given === undefined && writes.length > 0 && opens(saw)

function sessionIsThere(truth: Truth, line: Line, probe: Probe, report: Report): void {
  const { history } = truth
  if ((line.birth.doneAt as number) > probe.at) return
  const looks = truth.open(line, probe)
  if (looks.length === 0) {
    if (probe.at >= livesUntil(truth, line, probe.at) || ended(truth, line, probe.at)) return
    if (isEvicted(truth, line, probe.at)) report(EVICTED, `the session that #${line.birth.plan.id} began`, probe.at)
    else reportLost(truth, line, probe.at, report)
    return
  }
  for (const visit of history.visits) {
    for (const write of visit.writes) {
      const { acked = Infinity } = write
      // What it had stored before it met the end stays.
      if (acked > probe.at || acked > (visit.droppedAt ?? Infinity) || truth.lineOfWrite(visit, write) !== line) continue
      if (looks.some(({ log, keys }) => log.includes(write.name) && keys.includes(`k${write.name}`))) continue
      if (ended(truth, line, probe.at)) continue
      const isDropped = isEvicted(truth, line, probe.at, acked)
      const why = isDropped ? EVICTED : reasonOf(truth, failedMove(truth, line, probe.at))
      report(why ?? '1 lost', `write ${write.name}, acknowledged, is not there`, probe.at)
    }
  }
}

/** Nothing opens the session any more: because somebody failed to move it, or for no reason at all. */
function reportLost(truth: Truth, line: Line, at: number, report: Report): void {
  const failed = failedMove(truth, line, at)
  const why = reasonOf(truth, failed)
  if (!failed) report('1 session lost', `no ticket opens the session that #${line.birth.plan.id} began, and nobody ended it`, at)
  else if (why) report(why, `#${failed.plan.id}`, at)
  else report('7 signed out by a failure', `#${failed.plan.id} failed (${codeOf(failed.error)}); no ticket opens its session`, at)
}

export const EVICTED = 'allowed: a full memory store dropped the session, and said so'

/** What was dropped between `from` and `by` is what somebody met as this session; a `create` that comes twice may bring it back as it was. */
export function isEvicted({ history: { evicted, probes, created } }: Truth, line: Line, by: number, from = 0): boolean {
  const isGone = (handle = '') => evicted.some(({ key, at }) => key === handle && at >= from && at <= by)
  // What was begun to take its place may be dropped before anybody met it: its request takes it for ended, or its process has died.
  const isOfLine = (handle = '') => line.visits.some(({ handles }) => handles.has(handle))
  return (
    line.visits.some(({ handles }) => [...handles].some(isGone)) ||
    created.some(({ key, from }) => isGone(key) && isOfLine(from)) ||
    probes.some(({ looks }) => [...line.tickets].some((ticket) => isGone(looks.get(ticket)?.handle)))
  )
}

/** Requests that may have moved the session, and could not say where to. */
export const failedMoves = ({ visits }: Line, by: number): Visit[] =>
  visits.filter(
    (visit) => movesOf(visit) && visit.status !== 200 && visit.given === undefined && (visit.commitAt ?? Infinity) <= by,
  )

/** One of these; of several, one that did what cannot be prevented. */
export function failedMove(truth: Truth, line: Line, by: number): Visit | undefined {
  const failed = failedMoves(line, by)
  return failed.find((visit) => reasonOf(truth, visit) !== undefined) ?? failed[0]
}

export function reasonOf({ history }: Truth, failed: Visit | undefined): string | undefined {
  if (!failed) return undefined
  if (failed.status === undefined && mayHaveLed(history, failed)) return 'allowed: died in a move'
  if (hadTheLine(failed)) return 'allowed: a commit gave the line of the new id, and the application failed before it sent that'
  return /old ticket or the new one/.test(String(failed.error)) ? 'allowed: told that neither ticket may be good' : undefined
}

/** Its commit by call was acknowledged, and a later one failed: the answer is a page of errors, without the line. */
const hadTheLine = ({ status, given, writes, doneAt = 0 }: Visit): boolean =>
  status === 500 && given === undefined && writes.some(({ acked = doneAt }) => acked < doneAt)

/** Its process made a record that it met lead to another. */
const mayHaveLed = ({ led }: History, visit: Visit): boolean =>
  movesOf(visit) && led.some(({ site, key }) => site === visit.site && visit.handles.has(key))

/** The requests that made a new id of this ticket by then, as far as anybody can tell. */
export function newIdsOf(truth: Truth, ticket: string | undefined, by: number): Visit[] {
  const { history, moversOf, isSameId } = truth
  const mayHave = (visit: Visit) => mayHaveLed(history, visit) || reasonOf(truth, visit) !== undefined
  const others = history.visits.filter(
    (visit) => isSameId(visit.presented ?? '', ticket ?? '') && visit.given === undefined && mayHave(visit),
  )
  return [...moversOf(ticket), ...others].filter(({ commitAt = Infinity }) => commitAt <= by)
}

/** Whether the process met the secret of this request's ticket ten minutes before. In a schedule it has no other that it does not know. */
export const isNoNews = ({ visits }: History, { site, opensFrom = 0 }: Visit): boolean =>
  visits.some((other) => other.site === site && other.refused === 'unknown-key' && opensFrom - other.sentAt >= 600_000)

export const codeOf = (error: unknown): string => String((error as { code?: unknown })?.code)

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
    if (person === undefined || visit.status !== 200 || given !== undefined || history.plan.adapter === 'h3') continue
    if (line && (ended(truth, line, doneAt) || whoIs(truth, line, doneAt) === person)) continue
    if (isWithheld(truth, visit, person)) {
      report('allowed: decided: a double click is not told an id that was given up meanwhile', `#${plan.id}`, doneAt)
      continue
    }
    if (history.evicted.some(({ key, at }) => visit.handles.has(key) && at <= doneAt)) {
      report(EVICTED, `#${plan.id}`, doneAt)
      continue
    }
    const why = visit.dropped ? 'dropped' : 'not told why'
    report(`7 sign-in without a ticket (${why})`, `#${plan.id} was answered 200, and was given nothing`, doneAt)
  }
}

/** It joined a sign-in of the same person from the same ticket, and that sign-in's ticket was replaced before it was answered. */
function isWithheld(truth: Truth, { presented, doneAt = 0 }: Visit, person: string): boolean {
  const { history, descends } = truth
  return history.visits.some((other) => {
    if (personOf(other) !== person || other.given === undefined || presented === undefined) return false
    const isJoined = other.given !== presented && descends(other.given, presented) && (other.commitAt ?? 0) <= doneAt
    return isJoined && (newIdsOf(truth, other.given, doneAt).length > 0 || isMovedOn(truth, other.given, doneAt))
  })
}

/** Somebody came with this ticket, began to make a new id by then, and went on: another request that joined him was answered before. */
const isMovedOn = ({ history, isSameId }: Truth, ticket: string, by: number): boolean =>
  history.visits.some(
    (visit) =>
      movesOf(visit) &&
      isSameId(visit.presented ?? '', ticket) &&
      !isSameId(visit.given ?? ticket, ticket) &&
      (visit.firstWriteAt ?? Infinity) <= by,
  )

const whoIs = (truth: Truth, line: Line, from: number): string | undefined =>
  truth.history.probes.find(({ at }) => at >= from) &&
  truth.history.probes
    .filter(({ at }) => at >= from)
    .flatMap((probe) => truth.open(line, probe).map(({ owner, who }) => owner ?? who))[0]
