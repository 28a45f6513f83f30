import type { SessionEvent } from '../../src/core/model/events.ts'
import type { Store } from '../../src/stores/store.ts'
import type { Serve } from './adapter.ts'
import { servesBy } from './adapters.ts'
import type { History } from './history.ts'
import type { Happening, Plan } from './plan.ts'
import { type Searched, type Sites, STAGES, siteOf } from './sites.ts'
import type { Life, World } from './world.ts'

export interface Instance {
  readonly life: Life
  /** Counts all starts of all processes. */
  readonly serial: number
  readonly stage: number
  readonly serve: Serve
  readonly sites: Sites
}

/** The processes of the site, each with an engine of its own: they share the store, and nothing else. */
export class Instances {
  readonly #all: Instance[] = []
  #starts = 0
  readonly #plan: Plan
  readonly #world: World
  readonly #history: History
  readonly #engine: Searched
  readonly #store: () => Store

  constructor(plan: Plan, world: World, history: History, engine: Searched, store: () => Store) {
    this.#plan = plan
    this.#world = world
    this.#history = history
    this.#engine = engine
    this.#store = store
  }

  at(instance: number): Instance {
    return this.#all[instance] as Instance
  }

  startAll(): void {
    for (const instance of this.#plan.skews.keys()) this.#start(instance, 0)
  }

  happens({ what, instance, stage = 0 }: Happening): void {
    const { life, sites, stage: before } = this.at(instance)
    this.#world.tell(`instance ${instance}: ${what}${what === 'stage' ? ` ${before} to ${stage}` : ''}`)
    if (what === 'kill') this.kill(life)
    else if (what === 'stage') this.#start(instance, stage, life)
    else this.#world.within({ life }, () => void sites.sessions.prune().catch(() => {}))
  }

  /** All that the process has begun goes no further; another starts in its place. */
  kill(life: Life): void {
    if (!life.alive) return
    life.alive = false
    this.#world.tell(`instance ${life.instance} dies`)
    this.#start(life.instance, this.at(life.instance).stage)
  }

  #start(instance: number, stage: number, life?: Life): void {
    const { skews, adapter } = this.#plan
    const tag = life ?? { instance, alive: true, skew: skews[instance] as number }
    const sites = this.#world.within({ life: tag }, () =>
      siteOf(this.#engine, this.#plan, this.#store(), {
        now: () => this.#world.now(),
        onEvent: (event) => this.#onEvent(event),
        secrets: STAGES[stage] as readonly string[],
      }),
    )
    this.#all[instance] = { life: tag, serial: ++this.#starts, stage, sites, serve: servesBy(adapter, sites) }
  }

  #onEvent(event: SessionEvent): void {
    const { visit } = this.#world.tag
    if (event.type === 'dropped' && visit) {
      visit.dropped = true
      visit.droppedAt ??= this.#world.stamp()
    }
    if (event.type === 'refused' && visit) visit.refused = event.reason
    if (event.type === 'replayed' && visit) this.#history.replayed.push({ visit, movedAt: event.movedAt, at: this.#world.time })
    if (event.type === 'loaded' || event.type === 'committed') return
    const reason = 'reason' in event ? ` ${event.reason}` : ''
    this.#world.tell(`${visit ? `#${visit.plan.id}` : 'somebody'} event ${event.type}${reason}`)
  }
}
