import type { SessionEvent } from '../../src/core/events.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import { COOKIE, effectOf, Jar } from './browser.ts'
import { type Held, type Serve, servesBy } from './faces.ts'
import type { History, Visit } from './history.ts'
import { Network } from './network.ts'
import type { Happening, Person, Plan, RequestPlan } from './plan.ts'
import { probed } from './probe.ts'
import { LOOKING, newerFor, type Searched, STAGES, type Sites, siteOf } from './sites.ts'
import { type Life, World } from './world.ts'

export interface Under {
  readonly engine: Searched
  /** Makes the store of one schedule; default memory. */
  readonly store?: (now: () => number, onEvict: () => void) => Promise<{ store: Store; close(): Promise<void> }>
}

/** Runs one schedule, and gives what the outside saw of it. */
export async function played(plan: Plan, under: Under): Promise<History> {
  const world = new World(plan.seed)
  return world.instead(() => new Schedule(plan, under, world).play())
}

interface Instance {
  readonly life: Life
  readonly stage: number
  readonly serve: Serve
  readonly sites: Sites
}

class Schedule {
  readonly #plan: Plan
  readonly #under: Under
  readonly #world: World
  readonly #history: History
  readonly #jars: Record<Person, Jar> = { victim: new Jar(), attacker: new Jar(), stranger: new Jar() }
  readonly #instances: Instance[] = []
  readonly #lives = new Map<Visit, Life>()
  readonly #names = new Map<string, string>()
  #store: Store | undefined
  #network: Network | undefined
  #looking: Sites | undefined

  constructor(plan: Plan, under: Under, world: World) {
    this.#plan = plan
    this.#under = under
    this.#world = world
    const { grace, maxRequestTime = 300 } = newerFor(under.engine, plan)
    const knows = { grace: grace === undefined ? 0 : grace * 1000, maxRequestTime: maxRequestTime * 1000 }
    this.#history = {
      ...{ plan, visits: [], probes: [], replayed: [], evicted: [], unhandled: [], unlisted: [], told: [], struck: new Set(), knows },
      orphans: 0,
    }
  }

  async play(): Promise<History> {
    const world = this.#world
    const history = this.#history
    const unhandled = (reason: unknown) => void history.unhandled.push(reason)
    process.on('unhandledRejection', unhandled)
    const onEvict = () => void history.evicted.push(world.time)
    const made = await this.#under.store?.(world.now, onEvict)
    const { capacity } = this.#plan
    this.#store = made?.store ?? memoryStore({ now: world.now, onEvict, ...(capacity !== undefined && { maxSessions: capacity }) })
    this.#network = new Network(this.#plan, world, history, this.#store, (life) => this.#kill(life))
    try {
      this.#begin()
      await world.run()
      await this.#probe(true)
      return history
    } finally {
      process.off('unhandledRejection', unhandled)
      await made?.close()
    }
  }

  #begin(): void {
    const { skews, requests, happenings, begins, attacker } = this.#plan
    const world = this.#world
    for (const instance of skews.keys()) this.#start(instance, 0)
    this.#looking = siteOf(this.#under.engine, this.#plan, this.#store as Store, { now: world.now, onEvent: () => {}, secrets: LOOKING })
    const { victim, attacker: other } = this.#jars
    const first = (id: number, browser: Person, letter: 'W' | 'S') =>
      ({ id, letter, browser, instance: 0, at: id === -1 ? 100 : 0, opensAfter: 0, hold: 0, back: 0 }) satisfies RequestPlan
    if (attacker === 'planted') {
      world.later(0, {}, () => this.#send(first(-2, 'attacker', 'W')))
      world.later(90, {}, () => victim.put(other.ticket))
    } else if (begins !== 'none') {
      world.later(100, {}, () => this.#send(first(-1, 'victim', begins === 'alice' ? 'S' : 'W')))
      if (attacker === 'thief') world.later(200, {}, () => other.put(victim.ticket))
    }
    for (const request of requests) world.later(request.at, {}, () => this.#send(request))
    for (const happening of happenings) world.later(happening.at, {}, () => this.#happens(happening))
  }

  #start(instance: number, stage: number, life?: Life): void {
    const { skews, face } = this.#plan
    const tag = life ?? { instance, alive: true, skew: skews[instance] as number }
    const now = () => this.#world.now()
    const sites = this.#world.within({ life: tag }, () =>
      siteOf(this.#under.engine, this.#plan, (this.#network as Network).reached(), {
        now,
        onEvent: (event) => this.#onEvent(event),
        secrets: STAGES[stage] as readonly string[],
      }),
    )
    this.#instances[instance] = { life: tag, stage, sites, serve: servesBy(face, sites) }
  }

  #onEvent(event: SessionEvent): void {
    const { visit } = this.#world.tag
    if (event.type === 'dropped' && visit) visit.dropped = true
    const type: string = event.type
    if (type === 'replayed') this.#history.replayed.push(String((event as { handle?: string }).handle))
    if (type !== 'loaded' && type !== 'committed') {
      const reason = 'reason' in event ? ` ${event.reason}` : ''
      this.#tell(`${visit ? `#${visit.plan.id}` : 'somebody'} event ${type}${reason}`)
    }
  }

  #happens({ what, instance, stage = 0 }: Happening): void {
    const { life, sites, stage: before } = this.#instances[instance] as Instance
    this.#tell(`instance ${instance}: ${what}${what === 'stage' ? ` ${before} to ${stage}` : ''}`)
    if (what === 'kill') this.#kill(life)
    else if (what === 'stage') this.#start(instance, stage, life)
    else this.#world.within({ life }, () => void sites.sessions.prune().catch(() => {}))
  }

  /** All that the process has begun goes no further; another starts in its place. */
  #kill(life: Life): void {
    if (!life.alive) return
    life.alive = false
    const { stage } = this.#instances[life.instance] as Instance
    this.#tell(`instance ${life.instance} dies`)
    this.#start(life.instance, stage)
  }
  #send(plan: RequestPlan): void {
    const world = this.#world
    const jar = this.#jars[plan.browser]
    // Strangers come without cookies.
    const presented = plan.browser === 'stranger' ? undefined : jar.ticket
    const visit: Visit = {
      ...{ plan, browser: plan.browser, sentAt: world.time, presented, writes: [], dropped: false, lines: [], cleared: false, calls: 0 },
    }
    const { life, serve } = this.#instances[plan.instance] as Instance
    this.#history.visits.push(visit)
    this.#lives.set(visit, life)
    this.#tell(`#${plan.id} ${plan.letter} sent by ${plan.browser} with ${this.#name(presented)} to instance ${plan.instance}`)
    world.within({ life, visit }, () => void this.#serve(visit, serve, jar))
  }

  async #serve(visit: Visit, serve: Serve, jar: Jar): Promise<void> {
    const world = this.#world
    const { plan } = visit
    let held: Held | undefined
    try {
      visit.lines = await serve(visit.presented === undefined ? '' : `${COOKIE}=${visit.presented}`, async (open) => {
        await world.sleep(plan.opensAfter)
        visit.opensFrom = world.time
        held = await open()
        visit.saw = held.look()
        this.#tell(`#${plan.id} opens: ${shown(visit.saw)}`)
        await world.sleep(plan.hold)
        visit.commitAt = world.time
        await this.#changes(visit, held)
      })
      visit.status = 200
      for (const write of visit.writes) write.acked ??= world.time
      if (held && plan.letter !== 'D') visit.after = held.look()
    } catch (error) {
      visit.status = 500
      visit.error = error
    }
    visit.doneAt = world.time
    const { given, cleared } = visit.status === 200 ? effectOf(visit.lines, COOKIE) : { given: undefined, cleared: false }
    Object.assign(visit, { cleared, ...(given !== undefined && { given }) })
    const outcome = visit.status === 200 ? (given !== undefined ? `gives ${this.#name(given)}` : cleared ? 'clears' : 'says nothing') : String(visit.error)
    this.#tell(`#${plan.id} ${visit.status}: ${outcome}${visit.dropped ? ', dropped' : ''}`)
    if (plan.back !== null && (given !== undefined || cleared)) {
      world.later(plan.back, {}, () => {
        visit.deliveredAt = world.time
        visit.replaced = jar.ticket
        jar.put(given)
        this.#tell(`#${plan.id} arrives: ${plan.browser} has ${this.#name(given)}`)
      })
    }
    if ('RSBDO'.includes(plan.letter) || this.#isCalm) await this.#probe()
  }

  async #changes(visit: Visit, held: Held): Promise<void> {
    const { letter, again, bare, id } = visit.plan
    const write = (name: string) => {
      visit.writes.push({ name, from: this.#world.time, acked: undefined })
      held.write(name)
    }
    if (letter === 'R') await held.regenerate()
    if (letter === 'S') await held.signIn('alice')
    if (letter === 'B') await held.signIn('bob')
    if (letter === 'O') await held.signOut()
    if (letter === 'D') await held.destroy()
    if ('RSBW'.includes(letter) && !bare) write(`${id}`)
    if (again === undefined) {
      if (this.#plan.face === 'h3') await held.commit()
      return
    }
    await held.commit()
    for (const each of visit.writes) each.acked ??= this.#world.time
    await this.#world.sleep(again)
    write(`${id}b`)
    if (this.#plan.face === 'h3') await held.commit()
  }

  async #probe(isLast = false): Promise<void> {
    const quiet = this.#isCalm && (this.#network as Network).pending === 0
    const probe = await this.#world.within({}, () => probed(this.#looking as Sites, this.#store as Store, this.#history, isLast))
    this.#history.probes.push({ ...probe, at: this.#world.time, quiet })
  }

  /** Nobody is waiting for an answer: whoever's process died is not. */
  get #isCalm(): boolean {
    return this.#history.visits.every((visit) => visit.doneAt !== undefined || this.#lives.get(visit)?.alive === false)
  }

  #tell(what: string): void {
    this.#history.told.push(`${String(this.#world.time).padStart(9)}  ${what}`)
  }

  #name(ticket: string | undefined): string {
    if (ticket === undefined) return 'no ticket'
    if (!this.#names.has(ticket)) this.#names.set(ticket, `ticket ${this.#names.size + 1}`)
    return this.#names.get(ticket) as string
  }
}

const shown = ({ isNew, owner, who, log }: NonNullable<Visit['saw']>): string =>
  isNew ? 'nothing' : `${owner ?? who ?? 'a guest'} with [${log}]`
