import type { SessionRecord, Store } from '../../src/stores/store.ts'
import { mixed } from './dice.ts'
import type { History } from './history.ts'
import type { Fault, Plan } from './plan.ts'
import type { Life, World } from './world.ts'

/** How long the engine waits for an answer, in milliseconds. */
const STORE_TIMEOUT = 2000
const WRITES = new Set(['create', 'update', 'delete', 'touch'])

/** The way from the instances to the store, with everything that may happen to a call on it. */
export class Network {
  /** Calls that may still be carried out. */
  pending = 0
  readonly #plan: Plan
  readonly #world: World
  readonly #history: History
  readonly #store: Store
  readonly #kill: (life: Life) => void
  readonly #faults: ReadonlyMap<string, readonly [number, Fault]>
  readonly #names = new Map<string, string>()
  /** Of which records a process has begun another that is to take their place. */
  readonly #replacing = new Set<string>()
  /** Of which records a request has. */
  readonly #moving = new Set<string>()

  constructor(plan: Plan, world: World, history: History, store: Store, kill: (life: Life) => void) {
    this.#plan = plan
    this.#world = world
    this.#history = history
    this.#store = store
    this.#kill = kill
    this.#faults = new Map(plan.faults.map((fault, nth) => [`${fault.request}.${fault.call}`, [nth, fault]]))
  }

  /** The store as the instances reach it. */
  reached(): Store {
    const calls = Object.entries(this.#store).map(([name, value]) => [
      name,
      typeof value === 'function' ? (...args: unknown[]) => this.#call(name, args) : value,
    ])
    return Object.fromEntries(calls)
  }

  #call(name: string, args: unknown[]): Promise<unknown> {
    const world = this.#world
    const { tag } = world
    const { visit, life } = tag
    const nth = visit ? visit.calls++ : 0
    const calledAt = world.time
    const [place, fault] = (visit && this.#faults.get(`${visit.plan.id}.${nth}`)) ?? []
    if (place !== undefined) this.#history.struck.add(place)
    const way = (leg: number) => (visit ? mixed(this.#plan.seed, visit.plan.id, nth, leg) % (this.#plan.jitter + 1) : 1)
    const tell = (what: string) => world.tell(`${visit ? `#${visit.plan.id}` : 'somebody'} ${name} ${this.#short(args)}: ${what}`)
    return new Promise((resolve, reject) => {
      const carryOut = async (): Promise<() => void> => {
        const ranAt = world.stamp()
        if (visit) visit.lastRanAt = ranAt
        try {
          const value = await Reflect.apply(this.#store[name as 'read'] as () => unknown, this.#store, args)
          const isDone = value !== undefined && value !== false
          if (visit && WRITES.has(name) && isDone) {
            visit.firstWriteAt ??= ranAt
            const [key, , from] = args as [string, unknown, string?]
            if (name === 'create') this.#history.created.push({ key, at: ranAt, site: visit.site, from })
            if (name === 'create' && from !== undefined) {
              this.#replacing.add(`${visit.site} ${from}`)
              this.#moving.add(`${visit.plan.id} ${from}`)
            }
            const { led, marked } = this.#history
            if (name === 'update' && led.some((to) => to.key === key) && !this.#moving.has(`${visit.plan.id} ${key}`))
              marked.push({ visit, at: world.time })
            if (name === 'update' && this.#replacing.has(`${visit.site} ${key}`)) led.push({ site: visit.site, key })
          }
          tell(WRITES.has(name) ? (isDone ? 'done' : 'refused') : value === undefined ? 'nothing' : 'found')
          return () => {
            const isInTime = world.time - calledAt < STORE_TIMEOUT && visit?.doneAt === undefined
            if (visit && isInTime) visit.knowsUntil = Math.max(visit.knowsUntil ?? 0, ranAt)
            resolve(value)
          }
        } catch (error) {
          tell(`failed (${(error as Error).message})`)
          return () => reject(error)
        }
      }
      /** Not undone by the death of whoever asked for it. */
      const lands = (ms: number, then: (answer: () => void) => void) => {
        this.pending++
        const here = visit ? { visit } : {}
        world.later(ms, here, async () => {
          this.pending--
          then(await carryOut())
        })
      }
      const answers = (answer: () => void) => world.later(way(1), tag, answer)
      const fails = (ms: number) => world.later(ms, tag, () => reject(new Error('connection lost')))
      const dies = () => life && this.#kill(life)
      if (fault) tell(`fault ${fault.kind}${'twice doubled late'.includes(fault.kind) ? ` by ${fault.by} ms` : ''}`)
      switch (fault?.kind) {
        case undefined:
          return lands(way(0), answers)
        case 'twice':
          lands(way(0), () => {})
          return lands(way(0) + fault.by, answers)
        case 'doubled':
          lands(way(0), answers)
          return lands(way(0) + fault.by, () => {})
        case 'late':
          return lands(way(0) + fault.by, answers)
        case 'unanswered':
          lands(way(0), () => {})
          // Half of the time the loss is noticed.
          return fault.by % 2 === 0 && fails(way(0) + 5)
        case 'lost':
          return fault.by % 2 === 0 && fails(way(0) + 5)
        case 'refused':
          return fails(0)
        case 'diesBefore':
          return dies()
        case 'diesAfter':
          return lands(way(0), dies)
      }
    })
  }

  /** Keys by short names, in the order in which they were met. */
  #short([key, record]: unknown[]): string {
    if (typeof key !== 'string') return ''
    if (!this.#names.has(key)) this.#names.set(key, `r${this.#names.size + 1}`)
    const isForwarding = typeof record === 'object' && (record as SessionRecord).data.includes('"to":')
    return `${this.#names.get(key)}${isForwarding ? ' (forwarding)' : ''}`
  }
}
