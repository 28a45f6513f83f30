import type { Held, Serve } from './adapter.ts'
import { COOKIE, effectOf, type Jar } from './browser.ts'
import type { History, Look, Visit } from './history.ts'
import type { World } from './world.ts'

/** Tickets by short names, in the order in which they were met. */
export class Names {
  readonly #names = new Map<string, string>()
  of(ticket: string | undefined): string {
    if (ticket === undefined) return 'no ticket'
    if (!this.#names.has(ticket)) this.#names.set(ticket, `ticket ${this.#names.size + 1}`)
    return this.#names.get(ticket) as string
  }
}

/** One request, from its arrival to its answer; what its browser makes of that comes later, if at all. */
export async function served(visit: Visit, serve: Serve, jar: Jar, world: World, history: History, names: Names): Promise<void> {
  const { plan } = visit
  let held: Held | undefined
  try {
    const { lines, error } = await serve(cookiesOf(visit), async (open) => {
      await world.sleep(plan.opensAfter)
      visit.opensFrom = world.stamp()
      held = await open()
      visit.saw = meets(visit, held)
      tellApart(visit, visit.saw, history)
      world.tell(`#${plan.id} opens: ${shown(visit.saw)}`)
      await world.sleep(plan.hold)
      visit.commitAt = world.stamp()
      await changes(visit, held, world, history)
    })
    visit.lines = lines
    if (error !== undefined) throw error
    visit.status = 200
    for (const write of visit.writes) write.acked ??= world.stamp()
    if (held && plan.letter !== 'D') visit.after = meets(visit, held)
  } catch (error) {
    visit.status = 500
    visit.error = error
  }
  visit.doneAt = world.stamp()
  const { given, cleared } = effectOf(visit.lines, COOKIE)
  Object.assign(visit, { cleared, ...(given !== undefined && { given }) })
  const said = given !== undefined ? `gives ${names.of(given)}` : cleared ? 'clears' : 'says nothing'
  world.tell(`#${plan.id} ${visit.status}: ${said}${visit.dropped ? ', dropped' : ''}${visit.error ? `; ${visit.error}` : ''}`)
  if (plan.back === null || (given === undefined && !cleared)) return
  world.later(plan.back, {}, () => {
    visit.deliveredAt = world.stamp()
    visit.replaced = jar.ticket
    jar.ticket = given
    world.tell(`#${plan.id} arrives: ${plan.browser} has ${names.of(given)}`)
  })
}

async function changes(visit: Visit, held: Held, world: World, { plan: { adapter } }: History): Promise<void> {
  const { letter, again, retry, bare, flash, id } = visit.plan
  const write = (name: string) => {
    visit.writes.push({ name, from: world.stamp(), acked: undefined })
    held.write(name)
  }
  if (letter === 'R') await held.regenerate()
  if (letter === 'S') await held.signIn('alice')
  if (letter === 'B') await held.signIn('bob')
  if (letter === 'O') await held.signOut()
  if (letter === 'D') await held.destroy()
  else meets(visit, held)
  if ('RSBW'.includes(letter) && !bare) write(`${id}`)
  if (flash === 'leaves' && adapter !== 'h3') {
    visit.left = `f${id}`
    held.leave(visit.left)
  }
  if (flash === 'takes') visit.took = held.take()
  const commit = async () => {
    try {
      await held.commit()
    } catch (error) {
      if (retry === undefined || adapter === 'h3') throw error
      world.tell(`#${id} was told: ${error}`)
      await world.sleep(retry)
      await held.commit()
    }
  }
  if (again !== undefined || (retry !== undefined && adapter !== 'h3')) {
    await commit()
    meets(visit, held)
  }
  if (again !== undefined) {
    if (held.commitsByCall) for (const each of visit.writes) each.acked ??= world.stamp()
    await world.sleep(again)
    write(`${id}b`)
  }
  if (adapter === 'h3') await held.commit()
}

/** What its application sees of the session. */
function meets(visit: Visit, held: Held): Look {
  const look = held.look()
  if (look.handle !== undefined) visit.handles.add(look.handle)
  return look
}

/** Of two tickets, the one whose session it sees is the one it came with. */
function tellApart(visit: Visit, { handle }: Look, { probes, visits }: History): void {
  const { presented, beside } = visit
  if (beside === undefined || handle === undefined) return
  const wasGiven = visits.some(({ given, after }) => given === beside && after?.handle === handle)
  if (wasGiven || probes.some(({ looks }) => looks.get(beside)?.handle === handle))
    Object.assign(visit, { presented: beside, beside: presented })
}

const cookiesOf = ({ presented, beside }: Visit): string =>
  [presented, beside]
    .filter((ticket) => ticket !== undefined)
    .map((ticket) => `${COOKIE}=${ticket}`)
    .join('; ')

const shown = ({ isNew, owner, who, log }: Look): string => (isNew ? 'nothing' : `${owner ?? who ?? 'a guest'} with [${log}]`)
