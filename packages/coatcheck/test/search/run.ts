import { memoryStore } from '../../src/stores/memory.ts'
import type { Store } from '../../src/stores/store.ts'
import type { Jar } from './browser.ts'
import { type Fork, forkOf } from './fork.ts'
import type { History, Visit } from './history.ts'
import { Instances } from './instances.ts'
import { Network } from './network.ts'
import type { Person, Plan, RequestPlan } from './plan.ts'
import { probed } from './probe.ts'
import { Names, served } from './request.ts'
import { LOOKING, promisedBy, type Searched, type Sites, siteOf } from './sites.ts'
import { type Life, World } from './world.ts'

export interface Under {
  readonly engine: Searched
  /** Makes the store of one schedule; default memory. */
  readonly store?: () => Promise<{ store: Store; close(): Promise<void> }>
}

/** Runs one schedule, and gives what the outside saw of it. */
export async function played(plan: Plan, under: Under): Promise<History> {
  const world = new World(plan.seed)
  return world.instead(async () => {
    const history = historyOf(plan, world, under.engine)
    const unhandled = (reason: unknown) => void history.unhandled.push(reason)
    const { capacity } = plan
    const onEvict = (key: string) => {
      world.tell('a session is dropped for lack of room')
      history.evicted.push({ key, at: world.time })
    }
    const made = await under.store?.()
    const store =
      made?.store ?? memoryStore({ now: world.now, onEvict, ...(capacity !== undefined && { maxSessions: capacity }) })
    process.on('unhandledRejection', unhandled)
    try {
      await new Schedule(history, world, under.engine, store).play()
      return history
    } finally {
      process.off('unhandledRejection', unhandled)
      await made?.close()
    }
  })
}

function historyOf(plan: Plan, world: World, engine: Searched): History {
  return {
    plan,
    visits: [],
    probes: [],
    replayed: [],
    marked: [],
    evicted: [],
    created: [],
    led: [],
    unhandled: [],
    unlisted: [],
    orphans: 0,
    told: world.told,
    struck: new Set(),
    knows: promisedBy(engine, plan),
  }
}

class Schedule {
  readonly #history: History
  readonly #world: World
  readonly #network: Network
  readonly #instances: Instances
  readonly #fork: Fork
  readonly #looking: Sites
  readonly #jars: Record<Person, Jar> = {
    victim: { ticket: undefined },
    attacker: { ticket: undefined },
    stranger: { ticket: undefined },
  }
  readonly #lives = new Map<Visit, Life>()
  readonly #names = new Names()

  constructor(history: History, world: World, engine: Searched, store: Store) {
    const { plan } = history
    this.#history = history
    this.#world = world
    this.#network = new Network(plan, world, history, store, (life) => this.#instances.kill(life))
    this.#instances = new Instances(plan, world, history, engine, () => this.#network.reached())
    this.#fork = forkOf(store)
    this.#looking = siteOf(engine, plan, this.#fork.store, { now: world.now, onEvent: () => {}, secrets: LOOKING })
  }

  async play(): Promise<void> {
    const { requests, happenings } = this.#history.plan
    const world = this.#world
    this.#instances.startAll()
    this.#begin()
    for (const request of requests) world.later(request.at, {}, () => this.#send(request))
    for (const happening of happenings) world.later(happening.at, {}, () => this.#instances.happens(happening))
    await world.run()
    await this.#probe(true)
  }

  /** The first session, and how the attacker comes to a ticket of it. */
  #begin(): void {
    const { begins, attacker } = this.#history.plan
    const { victim, attacker: other } = this.#jars
    const world = this.#world
    const first = (id: number, browser: Person, letter: 'W' | 'S'): RequestPlan => {
      return { id, letter, browser, instance: 0, at: id === -1 ? 100 : 0, opensAfter: 0, hold: 0, back: 0 }
    }
    const copied = (from: Jar, to: Jar) => () => {
      to.ticket = from.ticket
    }
    if (attacker === 'planted') {
      world.later(0, {}, () => this.#send(first(-2, 'attacker', 'W')))
      world.later(400, {}, copied(other, victim))
    } else if (begins !== 'none') {
      world.later(100, {}, () => this.#send(first(-1, 'victim', begins === 'alice' ? 'S' : 'W')))
      if (attacker === 'thief') world.later(400, {}, copied(victim, other))
    }
  }

  #send(plan: RequestPlan): void {
    const world = this.#world
    const { beside: hasBoth } = this.#history.plan
    const jar = this.#jars[plan.browser]
    // Strangers come without cookies.
    const presented = plan.browser === 'stranger' ? undefined : jar.ticket
    const other = plan.browser === 'victim' && hasBoth ? this.#jars.attacker.ticket : undefined
    const { life, serve, serial } = this.#instances.at(plan.instance)
    const visit: Visit = {
      plan,
      browser: plan.browser,
      site: serial,
      skew: life.skew,
      sentAt: world.stamp(),
      presented: presented ?? other,
      beside: presented === undefined || other === presented ? undefined : other,
      writes: [],
      dropped: false,
      lines: [],
      cleared: false,
      calls: 0,
      handles: new Set(),
    }
    this.#history.visits.push(visit)
    this.#lives.set(visit, life)
    const ticket = `${this.#names.of(visit.presented)}${visit.beside ? ` and ${this.#names.of(visit.beside)}` : ''}`
    world.tell(`#${plan.id} ${plan.letter} sent by ${plan.browser} with ${ticket} to instance ${plan.instance}`)
    world.within({ life, visit }, () => void this.#serve(visit, serve, jar))
  }

  async #serve(visit: Visit, serve: Parameters<typeof served>[1], jar: Jar): Promise<void> {
    await served(visit, serve, jar, this.#world, this.#history, this.#names)
    if ('RSBDO'.includes(visit.plan.letter) || this.#isCalm) await this.#world.meanwhile(this.#probe())
  }

  async #probe(isLast = false): Promise<void> {
    const quiet = this.#isCalm && this.#network.pending === 0
    const at = this.#world.stamp()
    const { looks } = await this.#world.within({}, () => probed(this.#looking, this.#fork, this.#history, isLast))
    this.#history.probes.push({ looks, at, quiet })
  }

  /** Nobody is waiting for an answer: whoever's process died is not. */
  get #isCalm(): boolean {
    return this.#history.visits.every((visit) => visit.doneAt !== undefined || this.#lives.get(visit)?.alive === false)
  }
}
