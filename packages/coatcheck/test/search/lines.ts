import type { History, Look, Probe, Visit, Write } from './history.ts'
import type { Adapter, Plan } from './plan.ts'

/**
 * One session as its visitors know it: all tickets that led from one to the next. Made from what was given to whom, and from what looked
 * the same afterwards; no record is read for it.
 */
export interface Line {
  readonly tickets: Set<string>
  /** Every request that came with one of its tickets, or that began it. */
  readonly visits: Visit[]
  /** Requests that made a new ticket of an old one. */
  readonly movers: Visit[]
  readonly birth: Visit
}

/** What the outside can know of a run, put in order. */
export interface Truth {
  readonly history: History
  readonly lines: readonly Line[]
  lineOf(ticket: string | undefined): Line | undefined
  /** The request that first gave it out. */
  giverOf(ticket: string | undefined): Visit | undefined
  /** Where a write went. */
  lineOfWrite(visit: Visit, write: Write): Line | undefined
  /** Whether `ticket` was made of `older`, by however many steps. */
  descends(ticket: string | undefined, older: string): boolean
  /** Whether they are tickets of one id, signed with two secrets. */
  isSameId(one: string, other: string): boolean
  /** What it opens at the first look from this time on. */
  firstLook(ticket: string, from: number): Look | undefined
  /** The requests that made another id of this ticket's. */
  moversOf(ticket: string | undefined): readonly Visit[]
  /** What the tickets of this session open. */
  open(line: Line, probe: Probe): readonly Look[]
}

/** Shows something: an empty session that cannot be written is none. */
export const opens = (look: Look | undefined): look is Look =>
  look !== undefined && !look.isNew && !(look.readOnly && look.log.length === 0)

export const movesOf = ({ plan: { letter } }: Visit): boolean => 'RSB'.includes(letter)
export const personOf = ({ plan: { letter } }: Visit): string | undefined =>
  letter === 'S' ? 'alice' : letter === 'B' ? 'bob' : undefined
const whoseIs = ({ owner, who }: Look): string | undefined => owner ?? who

export function truthOf(history: History): Truth {
  const lines: Line[] = []
  const lineOfTicket = new Map<string, Line>()
  const givers = new Map<string, Visit>()
  const firstLook = (ticket: string, from: number): Look | undefined =>
    history.probes.find(({ at, looks }) => at >= from && looks.has(ticket))?.looks.get(ticket)

  const looksTheSame = new Map<string, boolean>()
  const isSameId = (one: string, other: string): boolean => {
    const pair = `${one} ${other}`
    const known =
      looksTheSame.get(pair) ??
      (one === other ||
        history.probes.some(({ looks }) => opens(looks.get(one)) && looks.get(one)?.handle === looks.get(other)?.handle))
    looksTheSame.set(pair, known)
    return known
  }

  const given = history.visits
    .filter((visit) => visit.given !== undefined && visit.doneAt !== undefined)
    .sort((a, b) => (a.doneAt as number) - (b.doneAt as number))
  for (const visit of given) {
    const ticket = visit.given as string
    if (lineOfTicket.has(ticket)) continue
    givers.set(ticket, visit)
    const isSame = isSameId(ticket, visit.presented ?? '')
    const before =
      !isSame && isAfresh(visit, firstLook(ticket, visit.doneAt as number), history.plan.adapter)
        ? undefined
        : lineOfTicket.get(visit.presented ?? '')
    const line = before ?? { tickets: new Set<string>(), visits: [], movers: [], birth: visit }
    if (!before) lines.push(line)
    line.tickets.add(ticket)
    lineOfTicket.set(ticket, line)
    if (before && movesOf(visit) && !isSame) line.movers.push(visit)
  }
  for (const visit of history.visits) {
    const at = new Set([visit.presented, visit.beside, visit.given].map((ticket) => lineOfTicket.get(ticket ?? '')))
    for (const line of at) line?.visits.push(visit)
  }
  const lineOf = (ticket: string | undefined) => lineOfTicket.get(ticket ?? '')
  return {
    history,
    lines,
    lineOf,
    giverOf: (ticket) => givers.get(ticket ?? ''),
    lineOfWrite: (visit) => lineOf(visit.given) ?? (opens(visit.saw) ? lineOf(visit.presented) : undefined),
    descends(ticket, older) {
      const seen = new Set<string>()
      for (let at = ticket; at !== undefined && !seen.has(at); at = givers.get(at)?.presented) {
        if (isSameId(at, older)) return true
        seen.add(at)
      }
      return false
    },
    isSameId,
    firstLook,
    moversOf: (ticket) => lineOf(ticket)?.movers.filter(({ presented }) => isSameId(presented ?? '', ticket ?? '')) ?? [],
    open: (line, { looks }) => [...line.tickets].map((ticket) => looks.get(ticket)).filter(opens),
  }
}

/** Whether the ticket that a request was given is that of another session than the one it came with. */
function isAfresh({ saw, plan }: Visit, look: Look | undefined, adapter: Adapter): boolean {
  if (!saw || !opens(saw)) return true
  // What it saw came along, or did not.
  if (opens(look) && saw.log.length > 0) return !look.log.some((name) => saw.log.includes(name))
  const person = whoseIs(saw)
  if (adapter === 'h3') return plan.letter === 'O' || plan.letter === 'D'
  if (plan.letter === 'S' || plan.letter === 'B')
    return person !== undefined && person !== (plan.letter === 'S' ? 'alice' : 'bob')
  return plan.letter === 'O' || plan.letter === 'D'
}

/** Whether this request ends a session that it came to: by name, or because another person signs in. */
export function endsIt(truth: Truth, line: Line, visit: Visit): boolean {
  const isOfIt = line.tickets.has(visit.presented ?? '') || line.tickets.has(visit.beside ?? '')
  if (visit.commitAt === undefined || !isOfIt) return false
  const { letter } = visit.plan
  if (letter === 'D' || letter === 'O') return true
  const person = personOf(visit)
  if (person === undefined || !visit.saw || !line.tickets.has(visit.presented ?? '') || truth.history.plan.adapter === 'h3')
    return false
  const before = whoseIs(visit.saw)
  return before !== undefined && before !== person
}

/** Answered well, or something was kept by a call before it failed. */
export const stands = ({ status, given, writes }: Visit): boolean =>
  status === 200 || given !== undefined || writes.some(({ acked }) => acked !== undefined)

/** How far the clocks of this schedule are apart at most, the true one among them, and what a call or two takes. */
const spreadOf = ({ skews }: Plan): number => Math.max(0, ...skews) - Math.min(0, ...skews) + 1_000

/** Until when a session certainly lives, as of `at`, if nobody ends it: by the fastest clock, if the slowest set its end. */
export function livesUntil({ history: { plan }, lineOfWrite }: Truth, line: Line, at: number): number {
  const spread = spreadOf(plan)
  let idle = 0
  for (const visit of line.visits) {
    const wrote = visit.writes.some((write) => (write.acked ?? Infinity) <= at && lineOfWrite(visit, write) === line)
    const isKept = visit === line.birth || line.movers.includes(visit) || wrote
    if (!isKept || !stands(visit) || visit.dropped || (visit.doneAt as number) > at) continue
    idle = Math.max(idle, usedAt(visit) + plan.idle * 1000 - spread)
  }
  return Math.min(idle, usedAt(line.birth) + plan.absolute * 1000 - spread)
}

/** A request whose opening failed may have been given its ticket all the same, signed anew. */
const usedAt = ({ commitAt, sentAt }: Visit): number => commitAt ?? sentAt

/** From when on a session certainly is over, as of `at`: nobody who came in time used it for so long. */
export function overFrom({ plan }: History, line: Line, at: number): number {
  const [idle, absolute] = [plan.idle, plan.absolute].map((seconds) => seconds * 1000 + spreadOf(plan)) as [number, number]
  const busyUntil = (visit: Visit) => Math.max(visit.doneAt ?? 0, visit.lastRanAt ?? 0, visit.commitAt ?? 0)
  let [over, born] = [busyUntil(line.birth) + idle, busyUntil(line.birth)]
  const uses = line.visits.flatMap((visit) => (visit === line.birth ? [] : usesOf(visit, busyUntil(visit))))
  for (const { began, until, isMove } of uses.sort((a, b) => a.began - b.began)) {
    if (began > at || began > Math.min(over, born + absolute)) continue
    over = Math.max(over, until + idle)
    if (isMove) born = Math.max(born, until)
  }
  return Math.min(over, born + absolute)
}

/** When a request used its session: by its commit, and, with some adapters, by opening it. */
function usesOf(visit: Visit, until: number): { began: number; until: number; isMove: boolean }[] {
  const { saw, opensFrom, commitAt, firstWriteAt = Number.POSITIVE_INFINITY } = visit
  if (opensFrom === undefined || (saw !== undefined && !opens(saw))) return []
  return [
    ...(firstWriteAt <= (commitAt ?? firstWriteAt) && firstWriteAt < Infinity
      ? [{ began: opensFrom, until: firstWriteAt, isMove: false }]
      : []),
    ...(commitAt === undefined ? [] : [{ began: commitAt, until, isMove: movesOf(visit) }]),
  ]
}
