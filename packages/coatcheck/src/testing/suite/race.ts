// Several callers at once: at real speed, and step by step where the store lets its steps be directed.

import type { Store } from '../../stores/store.ts'
import { type Exploration, explore } from '../interleave.ts'
import type { Trial } from './trial.ts'

const ROUNDS = 24
const MOST_RUNS = 2_000

export interface Race<S extends Store, World> {
  /** Makes what is raced for; every round has its own. */
  setup(): Promise<World>
  /** Each is called once a round, all at once, with the handle it is to use. */
  readonly actors: Readonly<Record<string, (world: World, store: S) => Promise<unknown>>>
  check(world: World, results: Readonly<Record<string, unknown>>): Promise<void>
}

/** Runs the race on one handle and, where there are two, on both by turns; fails with the first order that breaks a promise. */
export async function race<S extends Store, World>(trial: Trial<S>, { setup, actors, check }: Race<S, World>): Promise<void> {
  const teams = trial.second === trial.store ? [[trial.store]] : [[trial.store], [trial.store, trial.second]]
  for (const handles of teams) {
    const running = Object.entries(actors).map(([name, act], nth) => {
      const handle = handles[nth % handles.length] ?? trial.store
      return [name, (world: World) => act(world, handle)] as const
    })
    for (let round = 0; round < ROUNDS; round++) {
      const world = await setup()
      const results = running.map(async ([name, act], nth) => {
        // Now the first is late and now the others, and every second round by one tick more.
        for (let ticks = (nth + round) % 2 ? round : 0; ticks > 0; ticks -= 2) await undefined
        return [name, await act(world)] as const
      })
      await check(world, Object.fromEntries(await Promise.all(results)))
    }
    if (!trial.stepping()) continue
    const exploration = {
      setup,
      actors: Object.fromEntries(running),
      check: (world: World, { results }: Results) => check(world, results),
    }
    const complete = await inEveryOrder(trial, { ...exploration, maxRuns: MOST_RUNS })
    // Too many to try them all: depth first has varied only the last steps of each, so a sample of the rest.
    if (!complete) await inEveryOrder(trial, { ...exploration, maxRuns: MOST_RUNS, seed: 1 })
  }
}

interface Results {
  readonly results: Readonly<Record<string, unknown>>
}

export interface Crash<S extends Store, World> extends Pick<Race<S, World>, 'setup'> {
  act(world: NoInfer<World>, store: S): Promise<unknown>
  /** Looks at what is left, through the second handle. */
  check(world: NoInfer<World>): Promise<void>
}

/** Lets the first handle die before and after each of its steps. Needs a second handle, and a store that lets its steps be directed. */
export async function crash<S extends Store, World>(trial: Trial<S>, { setup, act, check }: Crash<S, World>): Promise<void> {
  if (trial.second === trial.store) return
  await act(await setup(), trial.store)
  if (!trial.stepping()) return
  await inEveryOrder<World>(trial, { setup, actors: { store: (world) => act(world, trial.store) }, check, kill: true })
}

async function inEveryOrder<World>(trial: Trial, exploration: Exploration<World>): Promise<boolean> {
  const { failures, complete } = await explore<World>({
    ...exploration,
    setup(scheduler) {
      trial.steer(scheduler)
      return exploration.setup(scheduler)
    },
    maxFailures: 1,
  }).finally(() => trial.steer())
  for (const { error, schedule } of failures) {
    throw new Error(`${error instanceof Error ? error.message : error} In this order: ${schedule.join(', ')}.`, { cause: error })
  }
  return complete
}
