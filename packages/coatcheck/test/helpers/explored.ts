import { expect } from 'vitest'
import { type Exploration, explore } from '../../src/testing/interleave.ts'

type Bounds = Pick<Exploration<unknown>, 'kill' | 'double' | 'maxPreemptions' | 'maxRuns' | 'seed'>

/** Runs an exploration; each bad outcome with the schedule that leads to it. */
export async function explored<World>(
  exploration: Exploration<World>,
  bounds: Bounds,
): Promise<{ runs: number; complete: boolean; bad: string[] }> {
  const { runs, complete, failures } = await explore({ ...exploration, ...bounds, maxFailures: 3 })
  return { runs, complete, bad: failures.map(({ error, schedule }) => `${(error as Error).message}: ${schedule.join(', ')}`) }
}

/** Fails when any order of steps leads to something bad, or when not all of them were run. */
export async function nothingBad<World>(exploration: Exploration<World>, bounds: Bounds): Promise<number> {
  const { runs, complete, bad } = await explored(exploration, bounds)
  expect(bad).toEqual([])
  expect(complete).toBe(bounds.seed === undefined)
  return runs
}
