import { COOKIE, effectOf } from './browser.ts'
import { codeOf, EVICTED, ended, isEvicted, isNoNews, newIdsOf, type Report } from './checks.ts'
import type { Look, Visit } from './history.ts'
import { type Line, livesUntil, movesOf, opens, personOf, type Truth } from './lines.ts'

/** Promise 8, S15: whoever holds an old ticket only never sees what came after it, and is never given the new one. */
export function oldHoldersGainNothing(truth: Truth, report: Report): void {
  const { history, lines } = truth
  for (const line of lines) {
    for (const mover of line.movers) {
      for (const visit of line.visits) {
        const { presented, browser, plan } = visit
        if (visit === mover || browser === mover.browser || presented === undefined || !line.tickets.has(presented)) continue
        if (truth.descends(presented, mover.given as string) || signsInAsItsOwner(visit, mover)) continue
        const number = browser === 'attacker' ? '3' : '3b'
        const says = (what: string) =>
          report(`${number} ${what}`, `#${plan.id} of ${browser}, after #${mover.plan.id} of ${mover.browser}`, visit.doneAt ?? 0)
        if (visit.given === mover.given) says('is given the new ticket')
        const isNew = isLater(truth, line, mover, visit)
        if ([visit.saw, visit.after].some((look) => opens(look) && isNew(look))) says('sees what came after')
        const { given } = visit
        if (given === undefined || given === presented) continue
        if (history.probes.some(({ looks }) => opens(looks.get(given)) && isNew(looks.get(given) as Look))) says('walks in')
      }
    }
  }
}

/** Who proves to be the person whose session it became may be led to it. */
const signsInAsItsOwner = (visit: Visit, mover: Visit): boolean =>
  personOf(visit) !== undefined && personOf(visit) === (personOf(mover) ?? mover.saw?.owner ?? mover.saw?.who)

/** Whether a look shows what the move, or anybody else after it, put there. */
function isLater(truth: Truth, line: Line, mover: Visit, visit: Visit): (look: Look) => boolean {
  const names = new Set<string>()
  for (const other of line.visits) {
    if (other.browser === visit.browser) continue
    for (const write of other.writes) {
      // With two tickets it may have gone to the other session.
      if (truth.lineOfWrite(other, write) !== line) continue
      if (other === mover || write.from > (mover.doneAt as number)) names.add(write.name)
    }
  }
  const person = personOf(mover)
  const was = mover.saw?.owner ?? mover.saw?.who
  const sawBefore = new Set([visit.saw?.owner, visit.saw?.who])
  // An earlier new id left the old ticket of this request, which shows for its grace who was there then.
  const wasThere = truth
    .moversOf(visit.presented)
    .some(({ saw, doneAt = 0 }) => opens(saw) && [saw.owner, saw.who].includes(person) && doneAt < (mover.commitAt as number))
  const isPerson = person !== undefined && was !== person && personOf(visit) !== person && !wasThere
  return ({ log, owner, who }) =>
    log.some((name) => names.has(name) && truth.lineOf(mover.given) === line) ||
    (isPerson && [owner, who].includes(person) && (!sawBefore.has(person) || (visit.opensFrom ?? 0) > (mover.doneAt as number)))
}

/** A sign-in stays in the browser, whatever older answer comes after it; and a live ticket is not thrown away. */
export function signInsStay(truth: Truth, report: Report): void {
  const { history } = truth
  for (const visit of history.visits) {
    if (toldAnOldOne(truth, visit)) report('4 is told an id that was given up', `#${visit.plan.id}`, visit.doneAt ?? 0)
    if (effectOf(visit.lines, COOKIE).count > 1) report('4 two cookies', `#${visit.plan.id}`, visit.doneAt ?? 0)
    const { deliveredAt, replaced, presented, given } = visit
    // Of two tickets nobody can tell which is whose.
    if (deliveredAt === undefined || replaced === undefined || visit.beside !== undefined) continue
    if (given !== undefined && truth.isSameId(given, replaced)) continue
    const live = truth.firstLook(replaced, deliveredAt)
    const line = truth.lineOf(replaced)
    if (!opens(live) || !line || ended(truth, line, deliveredAt)) continue
    const signIn = truth.giverOf(replaced)
    if (replaced === presented) {
      if (opens(visit.saw)) continue
      report(
        whyReplaced(truth, line, visit),
        `#${visit.plan.id} came with a ticket that is alive, and it was replaced or cleared`,
        deliveredAt,
      )
    } else if (movesOf(visit) && isBlocked(visit) && signIn && isOvertaken(visit, signIn, presented)) {
      report(
        'allowed: decided: a new id begins afresh, over a sign-in that its ticket could not show',
        `#${visit.plan.id}`,
        deliveredAt,
      )
    } else if (truth.lineOf(presented) !== line && signIn && isOvertaken(visit, signIn, presented)) {
      report('allowed: nothing leads from the session of one person to that of another', `#${visit.plan.id}`, deliveredAt)
    } else if (signIn && isOvertaken(visit, signIn, presented)) {
      // Whoever's commits wait for one another may run in each other's name: the answer is a sure sign that it is done.
      const couldKnow = (visit.knowsUntil ?? 0) > (signIn.doneAt ?? 0)
      if (couldKnow)
        report(
          `4 sign-in overwritten (by a ticket: ${visit.refused ?? 'opened'})`,
          `#${visit.plan.id} puts another ticket over that of #${signIn.plan.id}`,
          deliveredAt,
        )
      else report('allowed: an older answer overtaken by a sign-in', `#${visit.plan.id}`, deliveredAt)
    }
  }
}

/** Before it sends a ticket that is not all its own, a request looks whether that was replaced: its last call takes `jitter` to answer. */
function toldAnOldOne({ history, moversOf }: Truth, { plan, given, error, doneAt = 0 }: Visit): boolean {
  // What cannot be read is sent.
  if (history.plan.faults.some(({ request }) => request === plan.id) || codeOf(error) === 'KEY_UNKNOWN') return false
  return moversOf(given).some((mover) => mover.plan !== plan && (mover.doneAt as number) < doneAt - history.plan.jitter - 1)
}

const isBlocked = ({ refused }: Visit): boolean => refused === 'unknown-key' || refused === 'replaced'

/** Why a ticket that is alive was replaced or cleared. */
function whyReplaced(truth: Truth, line: Line, visit: Visit): string {
  const { history } = truth
  const { refused, sentAt, presented, opensFrom = 0 } = visit
  const asksForNew = movesOf(visit)
  if (refused === 'unknown-key') {
    if (asksForNew) return 'allowed: decided: a sign-in or a new id, with a ticket of an unknown secret, begins afresh'
    return isNoNews(history, visit) ? 'allowed: decided: a secret is no news after ten minutes' : '4 unknown secret'
  }
  const newIds = newIdsOf(truth, presented, opensFrom)
  if (refused === 'replaced' && newIds.length > 0) {
    if (asksForNew) return 'allowed: decided: a sign-in or a new id, with an old ticket after its grace, begins afresh'
    const since = Math.max(...newIds.map(({ commitAt = 0, doneAt = commitAt, skew }) => doneAt + skew))
    const mayWrite = sentAt + visit.skew > since - 10_000 + history.knows.maxRequestTime + 60_000
    if (mayWrite && 'W' === visit.plan.letter) return 'allowed: decided: a write long after a new id begins afresh'
  }
  // The call that had begun it may be carried out once more, and bring it back.
  if (refused === 'unknown' && isEvicted(truth, line, opensFrom)) return EVICTED
  return opensFrom >= livesUntil(truth, line, opensFrom) ? '5 over by one clock only' : '4 not recognised'
}

/** Whether its request left the browser before the sign-in's answer came, from the same ticket. */
const isOvertaken = (visit: Visit, signIn: Visit, presented: string | undefined): boolean =>
  personOf(signIn) !== undefined &&
  personOf(visit) === undefined &&
  signIn.browser === visit.browser &&
  signIn.presented !== undefined &&
  signIn.presented === presented &&
  visit.sentAt <= (signIn.deliveredAt ?? 0)

/** Promise 16: an index names every owned session that somebody can open. */
export function ownersAreListed({ history }: Truth, report: Report): void {
  for (const _ of history.unlisted)
    report('9 not listed', 'a session of an owner is not in its index', history.probes.at(-1)?.at ?? 0)
}
